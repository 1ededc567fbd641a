//! `wharf tag` and `wharf config`, which are about images, or, with one of their commands, about
//! the server of this machine, as they are written.

use std::str::FromStr;

use clap::Args;
use wharf_client::ImageName;
use wharf_image::Place;
use wharf_spec::Tag as TagName;

use crate::cli;
use crate::cli::client::Reach;
use crate::cli::client::trees::Which;

/// Give an image of a registry more tags, or look after tags of a server's storage
///
/// With IMAGE, its manifest is put again under each TAG of the same repository: no layer moves.
/// `wharf copy` gives it a name in another repository.
/// An image whose name is that of a command below is written with its registry, as
/// docker.io/library/history.
///
/// The commands below work on the storage of a server of this machine, which may be running.
/// Run them as the server's user.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  wharf tag localhost:5000/app:1.2.3 1.2 1 latest
  wharf tag localhost:5000/app:1.2.3 localhost:5000/app:stable
  wharf tag localhost:5000/app@sha256:0123… stable
  wharf tag history library/app:latest"
)]
pub(crate) struct Tag {
    #[command(subcommand)]
    pub(crate) stored: Option<cli::content::Tag>,

    #[command(flatten)]
    pub(crate) image: TagImage,
}

#[derive(Args, Debug)]
pub(crate) struct TagImage {
    /// Which image: NAME[:TAG] or NAME@DIGEST
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) image: Option<ImageName>,

    /// What it is to be called, too: a tag, or the whole name with it
    #[arg(value_name = "TAG", required = true)]
    pub(crate) tags: Vec<NewTag>,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// A tag, written alone or with the repository that has it.
#[derive(Clone, Debug)]
pub(crate) struct NewTag {
    tag: TagName,
    of: Option<ImageName>,
}

/// Print the configuration of an image, or look at that of the server
///
/// With PLACE, the image's configuration is printed as it is (JSON): environment, command,
/// labels, history. An image whose name is that of a command below is written with its
/// registry, as docker.io/library/check.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  wharf config alpine:3.20 | jq .config.Env
  wharf config oci:layout:v1 --platform linux/arm64
  wharf config check /etc/docker/registry/config.yml"
)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) server: Option<cli::Config>,

    #[command(flatten)]
    pub(crate) image: ConfigOf,
}

#[derive(Args, Debug)]
pub(crate) struct ConfigOf {
    /// Which image, written as for `wharf unpack`
    #[arg(value_name = "PLACE", required = true)]
    pub(crate) place: Option<Place>,

    #[command(flatten)]
    pub(crate) which: Which,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

// === impl NewTag ===

impl NewTag {
    /// The tag, if it is one of this image's repository.
    ///
    /// # Errors
    /// Whose it is, and what does it.
    pub(crate) fn within(&self, image: &ImageName) -> Result<&TagName, String> {
        match &self.of {
            Some(of) if (&of.registry, &of.repository) != (&image.registry, &image.repository) => {
                Err(format!(
                    "{of} is in another repository: `wharf copy {image} {of}` brings it there"
                ))
            }
            Some(_) | None => Ok(&self.tag),
        }
    }
}

impl FromStr for NewTag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains(['/', ':', '@']) {
            let tag = text.parse().map_err(|error| format!("{error}"))?;
            return Ok(Self { tag, of: None });
        }
        let name: ImageName = text.parse().map_err(|error| format!("{error}"))?;
        match (name.tag.clone(), name.digest) {
            (Some(tag), None) => Ok(Self {
                tag,
                of: Some(name),
            }),
            (None, _) | (Some(_), Some(_)) => {
                Err("a tag is needed: write it as TAG, or NAME:TAG".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tag_is_one_of_the_same_repository() {
        let image: ImageName = "localhost:5000/app:1".parse().unwrap();
        let within = |text: &str| {
            let tag: NewTag = text.parse()?;
            tag.within(&image).map(ToString::to_string)
        };
        assert_eq!(within("1.2"), Ok("1.2".to_owned()));
        assert_eq!(within("localhost:5000/app:1.2"), Ok("1.2".to_owned()));
        let elsewhere = within("localhost:5000/other:1").unwrap_err();
        let copy = "`wharf copy localhost:5000/app:1 localhost:5000/other:1`";
        assert!(elsewhere.contains(copy), "{elsewhere}");
        for wrong in ["", "-a", "app:1@sha256:0"] {
            assert!(within(wrong).is_err(), "{wrong}");
        }
    }
}
