//! Paths: which endpoint a request is for, and with which parameters.

mod clean;
mod error;
mod extension;
mod parse;
mod prefix;

use std::fmt;

pub use self::error::RouteError;
pub use self::extension::Extension;
pub use self::prefix::{Prefix, PrefixError};
use crate::{Digest, Method, Reference, RepositoryName, UploadId};

/// An endpoint of the distribution-spec ("Endpoints"), below the configured prefix.
///
/// Its `Display` is the path that parses to it, without the prefix.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Route {
    /// `/`: whether the server is alive.
    Root,
    /// `/v2/`: whether it is a registry, and lets the client in (end-1).
    Base,
    /// `/v2/_catalog`: the repositories. distribution: api/v2/descriptors.go
    Catalog,
    /// `/v2/<name>/tags/list` (end-8).
    Tags {
        /// Whose tags.
        repository: RepositoryName,
    },
    /// `/v2/<name>/manifests/<reference>` (end-3, end-7, end-9).
    Manifest {
        /// In which repository.
        repository: RepositoryName,
        /// Which manifest.
        reference: Reference,
    },
    /// `/v2/<name>/blobs/<digest>` (end-2, end-10).
    Blob {
        /// In which repository.
        repository: RepositoryName,
        /// Which blob.
        digest: Digest,
    },
    /// `/v2/<name>/blobs/uploads/` (end-4, end-11).
    Uploads {
        /// Into which repository.
        repository: RepositoryName,
    },
    /// `/v2/<name>/blobs/uploads/<id>` (end-5, end-6, end-13, end-14).
    Upload {
        /// Into which repository.
        repository: RepositoryName,
        /// Which session.
        id: UploadId,
    },
    /// `/v2/<name>/referrers/<digest>` (end-12).
    Referrers {
        /// In which repository.
        repository: RepositoryName,
        /// The subject.
        digest: Digest,
    },
    /// Something that only this registry has.
    Extension(Extension),
}

// === impl Route ===

impl Route {
    /// What may be done there, for the `Allow` header of a 405. The first two answer every
    /// method alike.
    #[must_use]
    pub const fn methods(&self) -> &'static [Method] {
        match self {
            Self::Root | Self::Base => &Method::ALL,
            Self::Catalog | Self::Tags { .. } => &[Method::Get],
            Self::Referrers { .. } => &[Method::Get, Method::Head],
            Self::Manifest { .. } => &[Method::Delete, Method::Get, Method::Head, Method::Put],
            Self::Blob { .. } => &[Method::Delete, Method::Get, Method::Head],
            Self::Uploads { .. } => &[Method::Post],
            Self::Extension(extension) => extension.methods(),
            Self::Upload { .. } => &[
                Method::Delete,
                Method::Get,
                Method::Head,
                Method::Patch,
                Method::Put,
            ],
        }
    }

    /// The endpoint's name in metrics and logs, without parameters.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Base => "base",
            Self::Catalog => "catalog",
            Self::Tags { .. } => "tags",
            Self::Manifest { .. } => "manifest",
            Self::Blob { .. } => "blob",
            Self::Uploads { .. } => "blob_upload",
            Self::Upload { .. } => "blob_upload_chunk",
            Self::Referrers { .. } => "referrers",
            Self::Extension(_) => "extension",
        }
    }

    /// The repository that the path names, if it names one.
    #[must_use]
    pub const fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Root | Self::Base | Self::Catalog => None,
            Self::Extension(extension) => extension.repository(),
            Self::Tags { repository }
            | Self::Manifest { repository, .. }
            | Self::Blob { repository, .. }
            | Self::Uploads { repository }
            | Self::Upload { repository, .. }
            | Self::Referrers { repository, .. } => Some(repository),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("/"),
            Self::Base => f.write_str("/v2/"),
            Self::Catalog => f.write_str("/v2/_catalog"),
            Self::Tags { repository } => write!(f, "/v2/{repository}/tags/list"),
            Self::Manifest {
                repository,
                reference,
            } => {
                write!(f, "/v2/{repository}/manifests/{reference}")
            }
            Self::Blob { repository, digest } => write!(f, "/v2/{repository}/blobs/{digest}"),
            Self::Uploads { repository } => write!(f, "/v2/{repository}/blobs/uploads/"),
            Self::Upload { repository, id } => write!(f, "/v2/{repository}/blobs/uploads/{id}"),
            Self::Referrers { repository, digest } => {
                write!(f, "/v2/{repository}/referrers/{digest}")
            }
            Self::Extension(extension) => extension.fmt(f),
        }
    }
}
