//! The names of everything that is stored.
//!
//! Below `docker/registry/v2` stands what distribution writes, and nothing else
//! (distribution: `registry/storage/paths.go`). Below `wharfinger/derived` stands what
//! can be made again from it.

use std::fmt;

use wharf_spec::{Algorithm, Digest, RepositoryName, Tag, UploadId};
use wharf_store::StorePath;

/// An object, or a directory that is listed or removed as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// The bytes of a blob or a manifest.
    BlobData(Digest),
    /// All that distribution knows of.
    Truth,
    /// All that it does not.
    Ours,
    /// Every repository.
    Repositories,
    /// All of a repository, those nested in it included.
    Repository(&'a RepositoryName),
    /// Membership of a blob in a repository.
    LayerLink(&'a RepositoryName, Digest),
    /// A directory whose existence makes a repository known.
    Manifests(&'a RepositoryName),
    /// The manifests of a repository by one algorithm.
    Revisions(&'a RepositoryName, Algorithm),
    /// Membership of a manifest in a repository.
    RevisionLink(&'a RepositoryName, Digest),
    /// The tags of a repository.
    Tags(&'a RepositoryName),
    /// A tag with its history.
    Tag(&'a RepositoryName, &'a Tag),
    /// What a tag points to: the commit point of a push.
    TagCurrentLink(&'a RepositoryName, &'a Tag),
    /// That a tag has ever pointed to a manifest.
    TagIndexLink(&'a RepositoryName, &'a Tag, Digest),
    /// The uploads of a repository.
    Uploads(&'a RepositoryName),
    /// An upload with all its state.
    Upload(&'a RepositoryName, &'a UploadId),
    /// The bytes of an upload.
    UploadData(&'a RepositoryName, &'a UploadId),
    /// When an upload was started, in RFC 3339.
    UploadStartedAt(&'a RepositoryName, &'a UploadId),
    /// The state of a hash at an offset, as Go's `crypto` packages marshal it.
    UploadHashState(&'a RepositoryName, &'a UploadId, Algorithm, u64),
    /// Derived: the subjects by one algorithm.
    AllReferrers(&'a RepositoryName, Algorithm),
    /// Derived: the manifests whose `subject` is this digest.
    Referrers(&'a RepositoryName, Digest),
    /// Derived: the descriptor of one referrer (the second digest) of a subject.
    Referrer(&'a RepositoryName, Digest, Digest),
    /// Derived: the manifests that have been searched for a `subject`.
    SearchedRevisions(&'a RepositoryName),
}

/// Below a tag, what it points to.
pub(crate) const CURRENT_LINK: &str = "current/link";

const V2: &str = "docker/registry/v2";
const OURS: &str = "wharfinger";
const DERIVED: &str = "wharfinger/derived/v1";

// === impl Key ===

impl Key<'_> {
    /// Where it is stored.
    pub(crate) fn path(self) -> StorePath {
        let path = match self {
            Self::BlobData(digest) => format!("{V2}/blobs/{}/data", sharded(digest)),
            Self::Truth => V2.to_owned(),
            Self::Ours => OURS.to_owned(),
            Self::Repositories => format!("{V2}/repositories"),
            Self::Repository(name) => format!("{V2}/repositories/{name}"),
            Self::LayerLink(name, digest) => {
                format!("{V2}/repositories/{name}/_layers/{}/link", nested(digest))
            }
            Self::Manifests(name) => format!("{V2}/repositories/{name}/_manifests"),
            Self::Revisions(name, algorithm) => {
                format!("{V2}/repositories/{name}/_manifests/revisions/{algorithm}")
            }
            Self::RevisionLink(name, digest) => {
                format!(
                    "{V2}/repositories/{name}/_manifests/revisions/{}/link",
                    nested(digest)
                )
            }
            Self::Tags(name) => format!("{V2}/repositories/{name}/_manifests/tags"),
            Self::Tag(name, tag) => format!("{V2}/repositories/{name}/_manifests/tags/{tag}"),
            Self::TagCurrentLink(name, tag) => {
                format!("{V2}/repositories/{name}/_manifests/tags/{tag}/{CURRENT_LINK}")
            }
            Self::TagIndexLink(name, tag, digest) => {
                format!(
                    "{V2}/repositories/{name}/_manifests/tags/{tag}/index/{}/link",
                    nested(digest)
                )
            }
            Self::Uploads(name) => format!("{V2}/repositories/{name}/_uploads"),
            Self::Upload(name, id) => format!("{V2}/repositories/{name}/_uploads/{id}"),
            Self::UploadData(name, id) => format!("{V2}/repositories/{name}/_uploads/{id}/data"),
            Self::UploadStartedAt(name, id) => {
                format!("{V2}/repositories/{name}/_uploads/{id}/startedat")
            }
            Self::UploadHashState(name, id, algorithm, offset) => {
                format!("{V2}/repositories/{name}/_uploads/{id}/hashstates/{algorithm}/{offset}")
            }
            Self::AllReferrers(name, algorithm) => {
                format!("{DERIVED}/repositories/{name}/_referrers/{algorithm}")
            }
            Self::Referrers(name, subject) => {
                format!(
                    "{DERIVED}/repositories/{name}/_referrers/{}",
                    nested(subject)
                )
            }
            Self::Referrer(name, subject, referrer) => {
                format!(
                    "{DERIVED}/repositories/{name}/_referrers/{}/{referrer}",
                    nested(subject)
                )
            }
            Self::SearchedRevisions(name) => format!("{DERIVED}/repositories/{name}/_searched"),
        };
        #[expect(
            clippy::expect_used,
            reason = "names, tags, digests and upload ids are plain components"
        )]
        StorePath::new(path).expect("keys are made of validated components")
    }
}

/// `<algorithm>/<first two digits>/<hex>`
fn sharded(digest: Digest) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let shard = digest.bytes().first().copied().unwrap_or_default();
        write!(f, "{}/{shard:02x}/{}", digest.algorithm(), digest.hex())
    })
}

/// `<algorithm>/<hex>`
fn nested(digest: Digest) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{}/{}", digest.algorithm(), digest.hex()))
}
