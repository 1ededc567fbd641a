//! The names of everything that is stored.
//!
//! Below `docker/registry/v2` stands what distribution writes, and nothing else
//! (distribution: `registry/storage/paths.go`). Below `wharfinger/derived` stands what
//! can be made again from it; below `wharfinger/state` what is ours alone and costs its own
//! feature if it is lost, never an image.

use std::fmt::{self, Write as _};

use wharf_spec::{Algorithm, Digest, RepositoryName, Tag, UploadId};
use wharf_store::StorePath;

use crate::descriptors::Gone;
use crate::trash::TrashId;

/// An object, or a directory that is listed or removed as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// The bytes of a blob or a manifest.
    BlobData(Digest),
    /// All blobs.
    AllBlobs,
    /// All blobs by one algorithm, in directories by the first byte of their digests.
    Blobs(Algorithm),
    /// Those whose digests begin with this byte.
    BlobShard(Algorithm, u8),
    /// All that distribution knows of.
    Truth,
    /// All that it does not.
    Ours,
    /// Every repository.
    Repositories,
    /// All of a repository, those nested in it included.
    Repository(&'a RepositoryName),
    /// The blobs of a repository by one algorithm.
    Layers(&'a RepositoryName, Algorithm),
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
    /// All that a tag has ever pointed to.
    TagHistory(&'a RepositoryName, &'a Tag),
    /// The same by one algorithm.
    TagIndex(&'a RepositoryName, &'a Tag, Algorithm),
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
    /// The blobs of a repository.
    AllLayers(&'a RepositoryName),
    /// Ours: what was deleted and can be restored.
    Trash,
    /// Ours: one deletion, in parts.
    TrashEntry(TrashId),
    /// Ours: a part of it.
    TrashPart(TrashId, usize),
    /// Derived: all subjects.
    Subjects(&'a RepositoryName),
    /// Derived: the subjects by one algorithm.
    AllReferrers(&'a RepositoryName, Algorithm),
    /// Derived: the manifests whose `subject` is this digest.
    Referrers(&'a RepositoryName, Digest),
    /// Derived: the descriptor of one referrer (the second digest) of a subject.
    Referrer(&'a RepositoryName, Digest, Digest),
    /// Derived: the manifests that have been searched for a `subject`.
    SearchedRevisions(&'a RepositoryName),
    /// Ours: what the last collection came to.
    CollectionStatus,
    /// Ours: how far a collection has come.
    CollectionProgress,
    /// Ours: what it has marked.
    AllCollectionMarks,
    /// Ours: some of that.
    CollectionMarks(usize),
    /// Ours: held, not written, by servers that take requests.
    Serving,
    /// Ours: damaged blobs by one algorithm, out of everybody's way.
    Quarantines(Algorithm),
    /// Ours: one of them.
    Quarantine(Digest),
    /// Ours: where a scrub has come to.
    ScrubPosition,
    /// Ours: what the last scrub came to.
    ScrubStatus,
    /// Ours: bytes on their way here from another storage; held while they come.
    Copying,
    /// Ours: those of one blob.
    Staged(u64),
}

/// Below a tag, what it points to.
pub(crate) const CURRENT_LINK: &str = "current/link";

const V2: &str = "docker/registry/v2";
const OURS: &str = "wharfinger";
const STATE: &str = "wharfinger/state/v1";
const DERIVED: &str = "wharfinger/derived/v1";
/// Bytes of a path; most have fewer.
const TYPICAL: usize = 320;

// === impl Key ===

impl Key<'_> {
    /// Where it is stored.
    pub(crate) fn path(self) -> StorePath {
        // It is made for every pull: once, at its full length.
        let mut path = String::with_capacity(TYPICAL);
        // A string takes everything.
        _ = write!(path, "{self}");
        #[expect(
            clippy::expect_used,
            reason = "names, tags, digests and upload ids are plain components"
        )]
        StorePath::new(path).expect("keys are made of validated components")
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BlobData(digest) => write!(f, "{V2}/blobs/{}/data", sharded(digest)),
            Self::AllBlobs => write!(f, "{V2}/blobs"),
            Self::Blobs(algorithm) => write!(f, "{V2}/blobs/{algorithm}"),
            Self::BlobShard(algorithm, shard) => write!(f, "{V2}/blobs/{algorithm}/{shard:02x}"),
            Self::Truth => f.write_str(V2),
            Self::Ours => f.write_str(OURS),
            Self::Repositories => write!(f, "{V2}/repositories"),
            Self::Repository(name) => write!(f, "{V2}/repositories/{name}"),
            Self::Layers(name, algorithm) => {
                write!(f, "{V2}/repositories/{name}/_layers/{algorithm}")
            }
            Self::LayerLink(name, digest) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_layers/{}/link",
                    nested(digest)
                )
            }
            Self::Manifests(name) => write!(f, "{V2}/repositories/{name}/_manifests"),
            Self::Revisions(name, algorithm) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_manifests/revisions/{algorithm}"
                )
            }
            Self::RevisionLink(name, digest) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_manifests/revisions/{}/link",
                    nested(digest)
                )
            }
            Self::Tags(name) => write!(f, "{V2}/repositories/{name}/_manifests/tags"),
            Self::Tag(name, tag) => write!(f, "{V2}/repositories/{name}/_manifests/tags/{tag}"),
            Self::TagCurrentLink(name, tag) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_manifests/tags/{tag}/{CURRENT_LINK}"
                )
            }
            Self::TagIndexLink(name, tag, digest) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_manifests/tags/{tag}/index/{}/link",
                    nested(digest)
                )
            }
            Self::TagHistory(name, tag) => {
                write!(f, "{V2}/repositories/{name}/_manifests/tags/{tag}/index")
            }
            Self::TagIndex(name, tag, algorithm) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_manifests/tags/{tag}/index/{algorithm}"
                )
            }
            Self::AllLayers(name) => write!(f, "{V2}/repositories/{name}/_layers"),
            Self::Trash => write!(f, "{STATE}/trash"),
            Self::TrashEntry(id) => write!(f, "{STATE}/trash/{id}"),
            Self::TrashPart(id, part) => write!(f, "{STATE}/trash/{id}/{part}"),
            Self::Subjects(name) => write!(f, "{DERIVED}/repositories/{name}/_referrers"),
            Self::Uploads(name) => write!(f, "{V2}/repositories/{name}/_uploads"),
            Self::Upload(name, id) => write!(f, "{V2}/repositories/{name}/_uploads/{id}"),
            Self::UploadData(name, id) => write!(f, "{V2}/repositories/{name}/_uploads/{id}/data"),
            Self::UploadStartedAt(name, id) => {
                write!(f, "{V2}/repositories/{name}/_uploads/{id}/startedat")
            }
            Self::UploadHashState(name, id, algorithm, offset) => {
                write!(
                    f,
                    "{V2}/repositories/{name}/_uploads/{id}/hashstates/{algorithm}/{offset}"
                )
            }
            Self::AllReferrers(name, algorithm) => {
                write!(f, "{DERIVED}/repositories/{name}/_referrers/{algorithm}")
            }
            Self::Referrers(name, subject) => {
                write!(
                    f,
                    "{DERIVED}/repositories/{name}/_referrers/{}",
                    nested(subject)
                )
            }
            Self::Referrer(name, subject, referrer) => {
                write!(
                    f,
                    "{DERIVED}/repositories/{name}/_referrers/{}/{referrer}",
                    nested(subject)
                )
            }
            Self::SearchedRevisions(name) => write!(f, "{DERIVED}/repositories/{name}/_searched"),
            Self::CollectionStatus => write!(f, "{STATE}/collection/status"),
            Self::CollectionProgress => write!(f, "{STATE}/collection/progress"),
            Self::AllCollectionMarks => write!(f, "{STATE}/collection/marks"),
            Self::CollectionMarks(number) => write!(f, "{STATE}/collection/marks/{number}"),
            Self::Serving => write!(f, "{STATE}/serving"),
            Self::Quarantines(algorithm) => write!(f, "{STATE}/quarantine/{algorithm}"),
            Self::Quarantine(digest) => write!(f, "{STATE}/quarantine/{}", nested(digest)),
            Self::ScrubPosition => write!(f, "{STATE}/scrub/position"),
            Self::ScrubStatus => write!(f, "{STATE}/scrub/status"),
            Self::Copying => write!(f, "{STATE}/copying"),
            Self::Staged(number) => write!(f, "{STATE}/copying/{number}"),
        }
    }
}

/// What is no more when the object at this path is removed, where others may remember it.
pub(crate) fn gone(path: &StorePath) -> Option<Gone> {
    let below = path.as_str().strip_prefix(V2)?.strip_prefix('/')?;
    let digest = |algorithm: &str, hex: &str| format!("{algorithm}:{hex}").parse().ok();
    if let Some(data) = below.strip_prefix("blobs/") {
        let (sharded, hex) = data.strip_suffix("/data")?.rsplit_once('/')?;
        let (algorithm, _) = sharded.split_once('/')?;
        return Some(Gone::Data(digest(algorithm, hex)?));
    }
    let link = below.strip_prefix("repositories/")?;
    let (above, hex) = link.strip_suffix("/link")?.rsplit_once('/')?;
    let (above, algorithm) = above.rsplit_once('/')?;
    let name = above
        .strip_suffix("/_layers")
        .or_else(|| above.strip_suffix("/_manifests/revisions"))?;
    Some(Gone::Link(name.parse().ok()?, digest(algorithm, hex)?))
}

/// `<algorithm>/<first two digits>/<hex>`
fn sharded(digest: Digest) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let shard = digest.bytes().first().copied().unwrap_or_default();
        write!(f, "{}/{shard:02x}/{}", digest.algorithm(), digest.digits())
    })
}

/// `<algorithm>/<hex>`
fn nested(digest: Digest) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{}/{}", digest.algorithm(), digest.digits()))
}

#[cfg(test)]
mod tests {
    use super::{Key, gone};
    use crate::descriptors::Gone;

    #[test]
    fn what_is_removed_is_known_by_its_path() {
        let name = "a/_b/link".parse::<wharf_spec::RepositoryName>();
        assert!(name.is_err(), "no part of a name is one of ours");
        let name = "a/link/data".parse().unwrap();
        let tag = "sha256".parse().unwrap();
        for digest in [
            wharf_spec::Digest::sha256([7; 32]),
            wharf_spec::Digest::sha512([8; 64]),
        ] {
            let link = Some(Gone::Link("a/link/data".parse().unwrap(), digest));
            for (key, expected) in [
                (Key::LayerLink(&name, digest), link.clone()),
                (Key::RevisionLink(&name, digest), link.clone()),
                (Key::BlobData(digest), Some(Gone::Data(digest))),
                (Key::TagIndexLink(&name, &tag, digest), None),
                (Key::TagCurrentLink(&name, &tag), None),
                (Key::Quarantine(digest), None),
                (Key::Repository(&name), None),
            ] {
                assert_eq!(gone(&key.path()), expected, "{key:?}");
            }
        }
    }
}
