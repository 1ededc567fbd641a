//! The names of everything that is stored.
//!
//! Below `docker/registry/v2` stands what distribution writes, and nothing else
//! (distribution: `registry/storage/paths.go`). Below `wharfinger/derived` stands what
//! can be made again from it; below `wharfinger/state` what is ours alone and costs its own
//! feature if it is lost, never an image.

use std::fmt;

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

// === impl Key ===

impl Key<'_> {
    /// Where it is stored.
    pub(crate) fn path(self) -> StorePath {
        let path = match self {
            Self::BlobData(digest) => format!("{V2}/blobs/{}/data", sharded(digest)),
            Self::AllBlobs => format!("{V2}/blobs"),
            Self::Blobs(algorithm) => format!("{V2}/blobs/{algorithm}"),
            Self::BlobShard(algorithm, shard) => format!("{V2}/blobs/{algorithm}/{shard:02x}"),
            Self::Truth => V2.to_owned(),
            Self::Ours => OURS.to_owned(),
            Self::Repositories => format!("{V2}/repositories"),
            Self::Repository(name) => format!("{V2}/repositories/{name}"),
            Self::Layers(name, algorithm) => {
                format!("{V2}/repositories/{name}/_layers/{algorithm}")
            }
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
            Self::TagHistory(name, tag) => {
                format!("{V2}/repositories/{name}/_manifests/tags/{tag}/index")
            }
            Self::TagIndex(name, tag, algorithm) => {
                format!("{V2}/repositories/{name}/_manifests/tags/{tag}/index/{algorithm}")
            }
            Self::AllLayers(name) => format!("{V2}/repositories/{name}/_layers"),
            Self::Trash => format!("{STATE}/trash"),
            Self::TrashEntry(id) => format!("{STATE}/trash/{id}"),
            Self::TrashPart(id, part) => format!("{STATE}/trash/{id}/{part}"),
            Self::Subjects(name) => format!("{DERIVED}/repositories/{name}/_referrers"),
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
            Self::CollectionStatus => format!("{STATE}/collection/status"),
            Self::CollectionProgress => format!("{STATE}/collection/progress"),
            Self::AllCollectionMarks => format!("{STATE}/collection/marks"),
            Self::CollectionMarks(number) => format!("{STATE}/collection/marks/{number}"),
            Self::Serving => format!("{STATE}/serving"),
            Self::Quarantines(algorithm) => format!("{STATE}/quarantine/{algorithm}"),
            Self::Quarantine(digest) => format!("{STATE}/quarantine/{}", nested(digest)),
            Self::ScrubPosition => format!("{STATE}/scrub/position"),
            Self::ScrubStatus => format!("{STATE}/scrub/status"),
            Self::Copying => format!("{STATE}/copying"),
            Self::Staged(number) => format!("{STATE}/copying/{number}"),
        };
        #[expect(
            clippy::expect_used,
            reason = "names, tags, digests and upload ids are plain components"
        )]
        StorePath::new(path).expect("keys are made of validated components")
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
        write!(f, "{}/{shard:02x}/{}", digest.algorithm(), digest.hex())
    })
}

/// `<algorithm>/<hex>`
fn nested(digest: Digest) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{}/{}", digest.algorithm(), digest.hex()))
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
