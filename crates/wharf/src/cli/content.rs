//! `wharf repo`, `wharf tag` and `wharf trash`, as they are written.

use std::str::FromStr;

use clap::{Args, Subcommand};
use wharf_registry::TrashId;
use wharf_spec::{Digest, RepositoryName, Tag as TagName};

use super::ConfigFlag;
use super::lifetime::Lifetime;

#[derive(Debug, Subcommand)]
pub(crate) enum Repo {
    /// Delete a repository with all its tags and manifests
    ///
    /// Those nested in it (NAME/…) stay. With wharfinger.trash.keep it can be restored for so
    /// long: `wharf trash list`. The space comes back with the next collection after that.
    /// Whether clients may delete (storage.delete.enabled) does not matter here.
    #[command(after_help = "\
Examples:
  wharf repo rm library/old --config /etc/docker/registry/config.yml
  wharf repo rm ci/build-1234 --yes --json")]
    Rm(RemoveRepository),
}

#[derive(Args, Debug)]
pub(crate) struct RemoveRepository {
    /// Which one
    #[arg(value_name = "NAME")]
    pub(crate) name: RepositoryName,

    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tag {
    /// Show what a tag has pointed to, the latest first
    #[command(after_help = "\
Example:
  wharf tag history library/app:latest --config /etc/docker/registry/config.yml")]
    History(History),
    /// Let a tag point again to a manifest that the repository still holds
    ///
    /// Nothing is lost: what the tag points to now stays in its history.
    #[command(after_help = "\
Example:
  wharf tag restore library/app:latest@sha256:0123…")]
    Restore(RestoreTag),
    /// Delete a tag; the manifest stays
    #[command(after_help = "\
Example:
  wharf tag rm library/app:old --config /etc/docker/registry/config.yml")]
    Rm(RemoveTag),
}

#[derive(Args, Debug)]
pub(crate) struct History {
    /// Which tag
    #[arg(value_name = "REPO:TAG")]
    pub(crate) tag: Tagged,

    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreTag {
    /// Which tag, and what it is to point to, as `wharf tag history` shows it
    #[arg(value_name = "REPO:TAG@DIGEST")]
    pub(crate) to: Pointed,

    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveTag {
    /// Which tag
    #[arg(value_name = "REPO:TAG")]
    pub(crate) tag: Tagged,

    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Trash {
    /// List what was deleted and can be restored
    #[command(after_help = "\
Examples:
  wharf trash list --config /etc/docker/registry/config.yml
  wharf trash list --json")]
    List(ListTrash),
    /// Undo a deletion
    ///
    /// A tag that was pushed again since stays as it is. Exits with 1 if something is missing
    /// that was there.
    #[command(after_help = "\
Example:
  wharf trash restore 019a8f0e-7c1b-7d3a-9f1e-2b7d0c4e5a60")]
    Restore(RestoreTrash),
    /// Give up what was deleted: its space comes back with the next collection
    #[command(after_help = "\
Examples:
  wharf trash empty 019a8f0e-7c1b-7d3a-9f1e-2b7d0c4e5a60
  wharf trash empty --older-than 3d
  wharf trash empty --all --config /etc/docker/registry/config.yml")]
    Empty(EmptyTrash),
}

#[derive(Args, Debug)]
pub(crate) struct ListTrash {
    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreTrash {
    /// Which deletion, as `wharf trash list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: TrashId,

    #[command(flatten)]
    pub(crate) told: Told,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "all", "older_than"]))]
pub(crate) struct EmptyTrash {
    /// Which deletions, as `wharf trash list` shows them
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<TrashId>,

    /// All of them
    #[arg(long)]
    pub(crate) all: bool,

    /// Those that were so many minutes, hours, days, weeks or years ago, such as 12h or 3d
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<Lifetime>,

    #[command(flatten)]
    pub(crate) told: Told,
}

/// Whose registry it is about, and how it is told.
#[derive(Args, Debug)]
pub(crate) struct Told {
    #[command(flatten)]
    pub(crate) file: ConfigFlag,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A tag of a repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tagged {
    pub(crate) repository: RepositoryName,
    pub(crate) tag: TagName,
}

/// A tag, and what it is to point to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pointed {
    pub(crate) tagged: Tagged,
    pub(crate) digest: Digest,
}

// === impl Tagged ===

impl FromStr for Tagged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (repository, tag) = text
            .rsplit_once(':')
            .ok_or("write it as REPO:TAG, such as library/app:latest")?;
        Ok(Self {
            repository: repository
                .parse()
                .map_err(|error| format!("{repository}: {error}"))?,
            tag: tag.parse().map_err(|error| format!("{tag}: {error}"))?,
        })
    }
}

impl std::fmt::Display for Tagged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

// === impl Pointed ===

impl FromStr for Pointed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (tagged, digest) = text.split_once('@').ok_or(
            "write it as REPO:TAG@DIGEST, such as library/app:latest@sha256:0123…; `wharf tag \
             history REPO:TAG` shows the digests",
        )?;
        Ok(Self {
            tagged: tagged.parse()?,
            digest: digest
                .parse()
                .map_err(|error| format!("{digest}: {error}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_repositories_with_ports_and_slashes() {
        let tagged: Tagged = "library/app:v1.0".parse().unwrap();
        assert_eq!(tagged.repository.as_str(), "library/app");
        assert_eq!(tagged.to_string(), "library/app:v1.0");
        for wrong in ["library/app", "library/app:", ":latest", "a:b/c", "a:b@c"] {
            assert!(wrong.parse::<Tagged>().is_err(), "{wrong}");
        }
        let digest = format!("sha256:{}", "0".repeat(64));
        let pointed: Pointed = format!("a/b:c@{digest}").parse().unwrap();
        assert_eq!(pointed.tagged.to_string(), "a/b:c");
        assert_eq!(pointed.digest.to_string(), digest);
        for wrong in ["a:b", "a:b@sha256:0", "a@sha256:0"] {
            assert!(wrong.parse::<Pointed>().is_err(), "{wrong}");
        }
    }
}
