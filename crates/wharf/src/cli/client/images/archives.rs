//! `wharf save` and `wharf load`, as they are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use wharf_client::RegistryHost;

use super::Transfer;

/// Write images to an archive that `docker load` takes
///
/// IMAGE is a place as `wharf copy` knows them. A bare name is that of an image in a registry;
/// with --host, that of an image of Docker's engine there, as `docker save` has it.
#[derive(Args, Debug)]
#[command(after_help = SAVE)]
pub(crate) struct Save {
    /// Which images
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<String>,

    /// The archive; without it, standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// What kind of archive it is
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "docker")]
    pub(crate) format: ArchiveFormat,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

/// Load the images of an archive into Docker's engine, or elsewhere
///
/// The archive is one of `docker save` or `wharf save`, or an OCI layout in a tar archive; it may
/// be compressed with gzip or zstd. Every image in it is loaded.
#[derive(Args, Debug)]
#[command(after_help = LOAD)]
pub(crate) struct Load {
    /// The archive; without it, standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// Where to, in place of Docker's engine: a registry, where each image keeps its name, or an
    /// OCI layout
    #[arg(long, value_name = "REGISTRY[/PREFIX] | oci:DIR")]
    pub(crate) to: Option<Destination>,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

/// A kind of archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ArchiveFormat {
    /// One that every `docker load` takes, which is an OCI layout as well
    Docker,
    /// An OCI layout, with all platforms
    Oci,
}

/// Where the images of an archive go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    Registry {
        host: RegistryHost,
        /// What stands before the names there: empty, or with a slash at its end.
        prefix: String,
    },
    Layout(PathBuf),
}

// === impl Destination ===

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(directory) = text.strip_prefix("oci:") {
            return match directory {
                "" => Err("oci: is followed by the path of a DIRECTORY".to_owned()),
                directory => Ok(Self::Layout(directory.into())),
            };
        }
        let (host, prefix) = text.split_once('/').unwrap_or((text, ""));
        let host = host.parse().map_err(|error| format!("{error}"))?;
        let prefix = match prefix.trim_end_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Ok(Self::Registry { host, prefix })
    }
}

const SAVE: &str = "\
Examples:
  wharf save -o app.tar registry.example/app:1 registry.example/db:2
      Two images of a registry
  wharf save --host tcp://build:2375 app:1 | wharf load
      From one engine to another
  wharf save alpine:3.20 | ssh far docker load
      To a machine that reaches no registry
";

const LOAD: &str = "\
Examples:
  wharf load -i app.tar
      Into the engine of this machine
  docker save app:1 | wharf load --to localhost:5000
      Into a registry, as localhost:5000/app:1
  wharf load -i app.tar --to oci:app
      Into an OCI layout
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_registries_or_layouts() {
        let registry = |host: &str, prefix: &str| Destination::Registry {
            host: host.parse().unwrap(),
            prefix: prefix.to_owned(),
        };
        for (text, expected) in [
            ("localhost:5000", registry("localhost:5000", "")),
            ("ghcr.io/me/", registry("ghcr.io", "me/")),
            ("ghcr.io/me/mirror", registry("ghcr.io", "me/mirror/")),
            ("oci:a:b", Destination::Layout("a:b".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for wrong in ["", "oci:", "a b", "/me"] {
            assert!(wrong.parse::<Destination>().is_err(), "{wrong}");
        }
    }
}
