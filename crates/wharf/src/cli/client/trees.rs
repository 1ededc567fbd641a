//! `wharf unpack`, `export` and `diff`, as they are written.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wharf_image::{Place, WantedPlatform};

use super::Reach;

#[derive(Debug, Subcommand)]
pub(crate) enum Trees {
    Unpack(Unpack),
    Export(Export),
    Diff(Diff),
}

/// Make a root filesystem of an image
///
/// Layers are fetched side by side and applied in order, and each is verified: its digest, its
/// size, and the digest of what is in it. Nothing in an image can reach outside of DIR.
///
/// Until all of it is there, DIR has a file `.wh..wh.wharf-incomplete`, which says why if the
/// image was refused. Run again on such a directory, it begins anew; any other has to be empty,
/// or not there yet.
///
/// As root, owners, devices and all extended attributes are the image's. As anybody else, files
/// are yours, devices are left out, and what else could not be made is told.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf unpack alpine:3.20 rootfs
      As for `docker create` and `docker cp`, without an engine
  wharf unpack registry.example.com/app@sha256:0123… rootfs --config app.json
      And what a container of it begins with
  wharf unpack oci-archive:app.tar:v1 rootfs --platform linux/arm64 --json")]
pub(crate) struct Unpack {
    /// Which image: NAME[:TAG][@DIGEST], oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR
    /// or docker-daemon:NAME
    #[arg(value_name = "PLACE")]
    pub(crate) place: Place,

    /// The directory; its parent has to be there
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,

    #[command(flatten)]
    pub(crate) which: Which,

    /// Write the image's configuration (JSON) to FILE: what to run, as whom, and where
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Unpack it whatever its size: by default at most 1 TiB, 4 million files, and no layer that
    /// grows more than 5000 times
    #[arg(long)]
    pub(crate) no_limits: bool,

    /// Tell at the end what was done, as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Tell nothing but errors
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Write the files of an image as one tar archive
///
/// The archive is what `docker export` gives of a container that never ran: every file once, as
/// the layers leave it.
///
/// The image is unpacked to a temporary directory first (TMPDIR, else /tmp), so that needs room
/// for all of its files. As root, owners and devices are the image's; as anybody else, files are
/// yours, and devices are left out.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf export alpine:3.20 -o alpine.tar
  wharf export alpine:3.20 | tar -t
  TMPDIR=/var/tmp wharf export docker-daemon:app:latest | docker import - app:flat")]
pub(crate) struct Export {
    /// Which image, written as for `wharf unpack`
    #[arg(value_name = "PLACE")]
    pub(crate) place: Place,

    /// Where to write it [default: standard output, if that is no terminal]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) which: Which,

    /// Export it whatever its size, as for `wharf unpack`
    #[arg(long)]
    pub(crate) no_limits: bool,

    /// Tell nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Tell how two images differ: layers, files and configuration
///
/// Files are compared without unpacking them: type, mode, owner, size, content, time, target and
/// extended attributes. Layers that both have at their bottom are read once, and nothing is read
/// of images whose layers are the same.
///
/// Exits with 0 if nothing differs, with 1 if something does, and with 2 if it cannot be told
/// and no other code says why.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf diff app:1.0 app:1.1
  wharf diff app:1.1 docker-daemon:app:latest --ignore-times
      Is what was pushed what was built?
  wharf diff app:1.0 app:1.1 --no-files
      Without reading a layer
  wharf diff --json a:1 b:1 | jq -r '.files[].path'")]
pub(crate) struct Diff {
    /// An image, written as for `wharf unpack`
    #[arg(value_name = "PLACE")]
    pub(crate) before: Place,

    /// Another one
    #[arg(value_name = "OTHER")]
    pub(crate) after: Place,

    #[command(flatten)]
    pub(crate) which: Which,

    /// Do not read layers: compare which there are, and the configurations
    #[arg(long)]
    pub(crate) no_files: bool,

    /// Take no notice of times of files, and of when the images were made
    #[arg(long)]
    pub(crate) ignore_times: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Which image of several.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// The platform, as linux/arm64 or linux/arm/v7; without it, this machine's where one image
    /// is needed, and all of the index elsewhere
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    pub(crate) platform: Option<WantedPlatform>,
}
