//! What asks a registry for one thing, or changes one thing there, as it is written.

mod content;
mod listed;
mod semver;
mod tagging;

use clap::{Args, Subcommand};
use wharf_client::ImageName;
use wharf_image::Place;

use super::Reach;
use super::trees::Which;

pub(crate) use self::content::{
    Blob, BlobDelete, BlobGet, BlobHead, BlobPut, Manifest, ManifestDelete, ManifestGet,
    ManifestPut, Stream,
};
pub(crate) use self::listed::{Listed, is_one_image};
pub(crate) use self::semver::{Range, Ranged};
pub(crate) use self::tagging::{Config, ConfigOf, Tag, TagImage};

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    Ls(Ls),
    Digest(DigestOf),
    /// Get, put and delete manifests, byte for byte
    #[command(subcommand)]
    Manifest(Manifest),
    /// Get, put, find and delete blobs: layers, configurations, anything
    #[command(subcommand)]
    Blob(Blob),
    Rm(Rm),
    Referrers(Referrers),
}

/// List the repositories of a registry, or the tags of a repository
///
/// HOST:PORT, HOST with a dot, and anything with a slash at its end is a registry; its catalog
/// is shown to few. What else there is is a repository.
///
/// Names are told as they come, in the registry's order.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf ls localhost:5000
  wharf ls registry.example.com/team/app
  wharf ls --long alpine
      With digest, size, date and platforms: two or three requests for each tag
  wharf ls --semver '>=3.18, <4' alpine
  wharf ls --long --json alpine | jq -r 'select(.created < \"2024\") | .tag'")]
pub(crate) struct Ls {
    /// What to list
    #[arg(value_name = "REGISTRY|REPOSITORY")]
    pub(crate) what: Listed,

    /// With digest, size, date and platforms of each tag
    #[arg(short, long)]
    pub(crate) long: bool,

    /// Only tags that name a version in this range, such as '>=1.2, <2', the oldest first
    ///
    /// A version is 1.2.3, with or without a `v` before it. What comes before a release, such
    /// as 1.2.3-rc.1 or 1.2.3-alpine, is in a range only if that names one of 1.2.3 itself.
    #[arg(long, value_name = "RANGE")]
    pub(crate) semver: Option<Range>,

    /// As JSON, one line for each
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Print the digest of an image
///
/// A registry is asked for nothing else, unless there is a platform to choose. What is printed
/// is the digest of the index if there is one; with --platform, that of the image in it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf digest alpine:3.20
  wharf digest alpine:3.20 --platform linux/arm64
  wharf digest 'alpine@^3.18'
      Of the newest release in that range of versions
  wharf digest oci:layout:v1 --json")]
pub(crate) struct DigestOf {
    /// Which image, written as for `wharf unpack`; or REPOSITORY@RANGE, as app@^1.2
    #[arg(value_name = "PLACE")]
    pub(crate) place: Ranged,

    #[command(flatten)]
    pub(crate) which: Which,

    /// With its type and size, as JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Delete a tag, or an image with all of its tags, from a registry
///
/// By its tag, the tag alone goes; what it points to stays until the registry collects it. By
/// its digest, the manifest goes with all of its tags. Not every registry does either.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf rm localhost:5000/app:old
  wharf rm --yes localhost:5000/app@sha256:0123…")]
pub(crate) struct Rm {
    /// Which one: NAME:TAG or NAME@DIGEST
    #[arg(value_name = "IMAGE")]
    pub(crate) image: ImageName,

    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Show what refers to an image: signatures, lists of contents, and what refers to those
///
/// Without --platform, that is what refers to the index, if there is one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf referrers localhost:5000/app:1.0
  wharf referrers app:1.0 --artifact-type application/spdx+json
  wharf referrers --json oci:layout:v1 --platform linux/amd64")]
pub(crate) struct Referrers {
    /// Which image, written as for `wharf unpack`
    #[arg(value_name = "PLACE")]
    pub(crate) place: Place,

    /// Only those of this type, and what refers to them
    #[arg(long, value_name = "TYPE")]
    pub(crate) artifact_type: Option<String>,

    #[command(flatten)]
    pub(crate) which: Which,

    /// As JSON, with annotations
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}
