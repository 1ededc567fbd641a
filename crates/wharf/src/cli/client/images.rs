//! `wharf pull`, `push`, `copy`, `save`, `load` and `inspect`, as they are written.

mod archives;
mod inspect;
mod transfer;

use clap::{Args, Subcommand};
use wharf_image::Place;

pub(crate) use self::archives::{ArchiveFormat, Destination, Load, Save};
pub(crate) use self::inspect::Inspect;
pub(crate) use self::transfer::{PlatformChoice, Telling, Transfer};

#[derive(Debug, Subcommand)]
pub(crate) enum Images {
    Pull(Pull),
    Push(Push),
    Copy(Copy),
    Save(Save),
    Load(Load),
    Inspect(Inspect),
}

/// Take an image from a registry
///
/// IMAGE is a name as docker has it: `alpine` is docker.io/library/alpine:latest. TO is a place
/// as `wharf copy` knows them; by default it is an OCI layout in the working directory, which
/// is called as the last part of IMAGE.
///
/// Every blob is verified on its way. What is there already is not fetched again, so a pull that
/// was interrupted is simply made again.
#[derive(Args, Debug)]
#[command(after_help = PULL)]
pub(crate) struct Pull {
    /// Which image, as [HOST[:PORT]/]NAME[:TAG][@DIGEST]
    #[arg(value_name = "IMAGE")]
    pub(crate) image: Place,

    /// Where to; without it, oci:NAME:TAG in the working directory
    #[arg(value_name = "TO")]
    pub(crate) to: Option<Place>,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

/// Bring an image to a registry
///
/// IMAGE is the name that it gets there. FROM is a place as `wharf copy` knows them; by default
/// it is where `wharf pull IMAGE` leaves it. What the registry has already is not sent again, so
/// a push that was interrupted is simply made again.
#[derive(Args, Debug)]
#[command(after_help = PUSH)]
pub(crate) struct Push {
    /// What it is to be called, as [HOST[:PORT]/]NAME[:TAG]
    #[arg(value_name = "IMAGE")]
    pub(crate) image: Place,

    /// Where it is; without it, oci:NAME:TAG in the working directory
    #[arg(value_name = "FROM")]
    pub(crate) from: Option<Place>,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

/// Copy an image from any place to any other
///
/// Bytes are passed on as they are, so an image keeps its digest; where a format or --platform
/// makes that impossible, it is told. Within a registry nothing is sent twice.
///
/// Places:
///   NAME or docker://NAME        a registry
///   oci:DIR[:NAME]               an OCI layout in a directory
///   oci-archive:FILE[:NAME]      the same in a tar archive
///   docker-archive:FILE[:NAME]   an archive of `docker save`
///   dir:DIR                      a directory as skopeo has it
///   docker-daemon:NAME           an image of Docker's engine
/// In place of a FILE, `-` is standard input or output.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment, after_help = COPY)]
pub(crate) struct Copy {
    /// Where the image is; with --all-tags, a repository, a layout or an archive
    #[arg(value_name = "FROM")]
    pub(crate) from: Place,

    /// Where it goes; with --all-tags, a repository, or oci:DIR
    #[arg(value_name = "TO")]
    pub(crate) to: Place,

    /// Copy every tag that FROM has, one after another
    ///
    /// One that cannot be copied is told, and the others are copied all the same.
    #[arg(short = 'a', long)]
    pub(crate) all_tags: bool,

    /// Copy the tags that FROM has and that fit, such as `v1.*` or `{latest,stable}`; may
    /// be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) tags: Vec<String>,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

const PULL: &str = "\
Examples:
  wharf pull alpine:3.20
      Into the OCI layout ./alpine
  wharf pull --platform linux/arm64 quay.io/org/app docker-archive:app.tar
      One platform, into an archive that `docker load` takes
  wharf pull --creds someone:secret registry.example/app@sha256:… dir:app
      A digest, with a password that is not kept anywhere
";

const PUSH: &str = "\
Examples:
  wharf push localhost:5000/alpine:3.20
      From the OCI layout ./alpine
  wharf push localhost:5000/app docker-daemon:app
      From Docker's engine
  wharf push localhost:5000/app oci-archive:app.tar
      What `docker buildx build -o type=oci,dest=app.tar` made
";

const COPY: &str = "\
Examples:
  wharf copy alpine:3.20 localhost:5000/mirror/alpine:3.20
      From one registry to another, with all platforms
  wharf copy --referrers registry.example/app:1 oci:app:1
      With signatures and lists of contents
  wharf copy --all-tags registry.example/app localhost:5000/app
      A repository
  wharf copy --tags 'v1.*' --tags latest registry.example/app oci:app
      Some of its tags, into one layout
  wharf copy --all-tags oci:app localhost:5000/app
      And all of them from there to another registry
";
