//! `wharf manifest` and `wharf blob`, as they are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use wharf_client::ImageName;
use wharf_image::Place;
use wharf_spec::Digest;

use super::listed::is_one_image;
use crate::cli::client::Reach;
use crate::cli::client::trees::Which;

#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    /// Print a manifest as it is, byte for byte
    ///
    /// It is the index if there is one; with --platform, the image in it. Its digest was
    /// verified, if a digest was asked for.
    #[command(after_help = "\
Examples:
  wharf manifest get alpine:3.20 | jq .
  wharf manifest get alpine:3.20 --platform linux/arm64 -o manifest.json")]
    Get(ManifestGet),
    /// Write a manifest to a registry, under a tag or its digest
    ///
    /// All that it refers to has to be there. Its bytes are sent as they are, so its digest
    /// stays; it is printed.
    #[command(after_help = "\
Examples:
  wharf manifest put localhost:5000/app:1.0 manifest.json
  wharf manifest get app:1.0 | wharf manifest put localhost:5000/app:1.0 -")]
    Put(ManifestPut),
    /// Delete a manifest by its digest, with all of its tags
    ///
    /// `wharf rm NAME:TAG` deletes a tag alone.
    #[command(after_help = "\
Example:
  wharf manifest delete --yes localhost:5000/app@sha256:0123…")]
    Delete(ManifestDelete),
}

#[derive(Args, Debug)]
pub(crate) struct ManifestGet {
    /// Which image, written as for `wharf unpack`
    #[arg(value_name = "PLACE")]
    pub(crate) place: Place,

    #[command(flatten)]
    pub(crate) which: Which,

    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Debug)]
pub(crate) struct ManifestPut {
    /// Where to: NAME:TAG or NAME@DIGEST
    #[arg(value_name = "IMAGE")]
    pub(crate) image: ImageName,

    /// The manifest; `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: Stream,

    /// What it is [default: what it says itself]
    #[arg(long, value_name = "TYPE")]
    pub(crate) media_type: Option<String>,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Debug)]
pub(crate) struct ManifestDelete {
    /// Which one
    #[arg(value_name = "NAME@DIGEST")]
    pub(crate) manifest: InRepository,

    #[command(flatten)]
    pub(crate) meant: Meant,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Blob {
    /// Print a blob
    ///
    /// The last bytes are given out only when its digest is right; a file is not there before.
    #[command(after_help = "\
Examples:
  wharf blob get alpine@sha256:0123… | tar -tz
  wharf blob get alpine@sha256:0123… -o layer.tar.gz")]
    Get(BlobGet),
    /// Upload a blob, and print its digest
    ///
    /// A blob that is there is not sent. What comes on standard input is kept in a temporary
    /// file (TMPDIR, else /tmp), since its digest has to be known first.
    #[command(after_help = "\
Examples:
  wharf blob put localhost:5000/app layer.tar.gz
  tar -cz rootfs | wharf blob put localhost:5000/app -")]
    Put(BlobPut),
    /// Tell whether a blob is there, and its size; exit with 3 if not
    #[command(after_help = "\
Example:
  wharf blob head alpine@sha256:0123…")]
    Head(BlobHead),
    /// Delete a blob from a repository; images that need it break
    #[command(after_help = "\
Example:
  wharf blob delete --yes localhost:5000/app@sha256:0123…")]
    Delete(BlobDelete),
}

#[derive(Args, Debug)]
pub(crate) struct BlobGet {
    /// Which one
    #[arg(value_name = "NAME@DIGEST")]
    pub(crate) blob: InRepository,

    /// Where to write it [default: standard output, if that is no terminal]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Debug)]
pub(crate) struct BlobPut {
    /// The repository
    #[arg(value_name = "NAME", value_parser = repository)]
    pub(crate) repository: ImageName,

    /// The blob; `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: Stream,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Debug)]
pub(crate) struct BlobHead {
    /// Which one
    #[arg(value_name = "NAME@DIGEST")]
    pub(crate) blob: InRepository,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Debug)]
pub(crate) struct BlobDelete {
    /// Which one
    #[arg(value_name = "NAME@DIGEST")]
    pub(crate) blob: InRepository,

    #[command(flatten)]
    pub(crate) meant: Meant,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Whether somebody is asked before something is deleted, and how it is told.
#[derive(Args, Debug)]
pub(crate) struct Meant {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Content of a repository by its digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct InRepository {
    pub(crate) name: ImageName,
    pub(crate) digest: Digest,
}

/// Something to read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Stream {
    Standard,
    File(PathBuf),
}

// === impl InRepository ===

impl FromStr for InRepository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix("docker://").unwrap_or(text);
        let name: ImageName = text.parse().map_err(|error| format!("{error}"))?;
        let digest = name.digest.ok_or(
            "a digest is needed: write it as NAME@sha256:…; `wharf manifest get` shows those of \
             an image's parts",
        )?;
        Ok(Self { name, digest })
    }
}

/// A repository, which has no tag.
fn repository(text: &str) -> Result<ImageName, String> {
    let text = text.strip_prefix("docker://").unwrap_or(text);
    let name: ImageName = text.parse().map_err(|error| format!("{error}"))?;
    if is_one_image(text) {
        return Err(format!(
            "it is one image: write {}/{}",
            name.registry, name.repository
        ));
    }
    Ok(name)
}

// === impl Stream ===

impl From<std::ffi::OsString> for Stream {
    fn from(text: std::ffi::OsString) -> Self {
        if text == "-" {
            Self::Standard
        } else {
            Self::File(text.into())
        }
    }
}
