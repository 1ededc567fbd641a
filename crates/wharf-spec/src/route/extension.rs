//! Paths of an extension of ours, as the OCI distribution-spec wants them named
//! ("Extensions"): `_<name>` below `/v2/` or below a repository.

use std::fmt;

use super::RouteError;
use crate::{Digest, Method, RepositoryName, Tag};

/// What is asked of the extension `_wharfinger`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Extension {
    /// `/v2/_wharfinger/collection`: the collection of what nobody needs.
    Collection,
    /// `/v2/_wharfinger/blobs/<digest>`: who needs it.
    Blob(Digest),
    /// `/v2/_wharfinger/trash`: what was deleted in the whole registry.
    Trash,
    /// `/v2/<name>/_wharfinger/repository`: the repository as a whole.
    Repository(RepositoryName),
    /// `/v2/<name>/_wharfinger/trash`: what was deleted in a repository.
    RepositoryTrash(RepositoryName),
    /// `/v2/<name>/_wharfinger/trash/<id>`: one deletion.
    Deleted {
        /// Whose it was.
        repository: RepositoryName,
        /// Which one: whether there is such a thing is not the path's to say.
        id: String,
    },
    /// `/v2/<name>/_wharfinger/tags/<tag>`: what a tag has pointed to.
    Tag {
        /// Whose it is.
        repository: RepositoryName,
        /// Which one.
        tag: Tag,
    },
}

/// The component that no repository's name can have.
const NAME: &str = "_wharfinger";

// === impl Extension ===

impl Extension {
    /// Reads what follows `/v2/`; nothing if it is none of ours.
    pub(super) fn parse_below(path: &str) -> Option<Result<Self, RouteError>> {
        if let Some(rest) = path.strip_prefix(NAME).and_then(|it| it.strip_prefix('/')) {
            return Some(Self::parse_whole(rest));
        }
        let (name, rest) = path.split_once("/_wharfinger/")?;
        Some(
            name.parse()
                .map_err(RouteError::from)
                .and_then(|name| Self::parse_of(name, rest)),
        )
    }

    fn parse_whole(path: &str) -> Result<Self, RouteError> {
        match path.split_once('/') {
            None if path == "collection" => Ok(Self::Collection),
            None if path == "trash" => Ok(Self::Trash),
            Some(("blobs", digest)) => Ok(Self::Blob(digest.parse()?)),
            None | Some(_) => Err(RouteError::NotFound),
        }
    }

    fn parse_of(repository: RepositoryName, path: &str) -> Result<Self, RouteError> {
        match path.split_once('/') {
            None if path == "repository" => Ok(Self::Repository(repository)),
            None if path == "trash" => Ok(Self::RepositoryTrash(repository)),
            Some(("trash", id)) if !id.contains('/') => Ok(Self::Deleted {
                repository,
                id: id.to_owned(),
            }),
            Some(("tags", tag)) => match tag.parse() {
                Ok(tag) => Ok(Self::Tag { repository, tag }),
                Err(_) => Err(RouteError::NotFound),
            },
            None | Some(_) => Err(RouteError::NotFound),
        }
    }

    /// What can be done with it.
    #[must_use]
    pub const fn methods(&self) -> &'static [Method] {
        match self {
            Self::Collection => &[Method::Get, Method::Post],
            Self::Blob(_) | Self::Trash | Self::RepositoryTrash(_) => &[Method::Get],
            Self::Repository(_) => &[Method::Delete],
            Self::Deleted { .. } => &[Method::Delete, Method::Post],
            Self::Tag { .. } => &[Method::Get, Method::Put],
        }
    }

    pub(super) const fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Collection | Self::Blob(_) | Self::Trash => None,
            Self::Repository(repository)
            | Self::RepositoryTrash(repository)
            | Self::Deleted { repository, .. }
            | Self::Tag { repository, .. } => Some(repository),
        }
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/v2/")?;
        if let Some(repository) = self.repository() {
            write!(f, "{repository}/")?;
        }
        write!(f, "{NAME}/")?;
        match self {
            Self::Collection => f.write_str("collection"),
            Self::Blob(digest) => write!(f, "blobs/{digest}"),
            Self::Trash | Self::RepositoryTrash(_) => f.write_str("trash"),
            Self::Repository(_) => f.write_str("repository"),
            Self::Deleted { id, .. } => write!(f, "trash/{id}"),
            Self::Tag { tag, .. } => write!(f, "tags/{tag}"),
        }
    }
}
