//! What keeps some content, and how it is told.

use std::time::SystemTime;

use serde::{Serialize, Serializer};
use wharf_spec::{Digest, RepositoryName};

use crate::moment;

/// One thing that keeps some content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// Where.
    pub repository: RepositoryName,
    /// What it is.
    pub kind: HolderKind,
    /// Until when, where that is a manifest without a tag that may go; none for as long as it
    /// is there.
    pub until: Option<SystemTime>,
}

/// What keeps content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HolderKind {
    /// It is a manifest of the repository.
    Revision,
    /// It is a blob of the repository: alone, that keeps it for the grace only.
    LayerLink,
    /// A manifest needs it, or needs what needs it.
    Manifest(Digest),
    /// It is about this manifest.
    Subject(Digest),
    /// A tag points to it, or to what needs it (the digest).
    Tag(String, Digest),
    /// It is in the trash, or something there needs it.
    Trash,
    /// Somebody uploads to a repository that has it.
    Upload(String),
}

/// A holder in JSON.
#[derive(Serialize)]
struct Told<'a> {
    repository: &'a RepositoryName,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

// === impl Holder ===

impl Holder {
    /// A layer link alone goes too, and so may a manifest without a tag.
    pub(super) const fn keeps(&self) -> bool {
        match self.kind {
            HolderKind::LayerLink | HolderKind::Upload(_) => false,
            HolderKind::Revision
            | HolderKind::Manifest(_)
            | HolderKind::Subject(_)
            | HolderKind::Tag(..)
            | HolderKind::Trash => self.until.is_none(),
        }
    }
}

impl Serialize for Holder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (digest, tag, upload) = match &self.kind {
            HolderKind::Revision | HolderKind::LayerLink | HolderKind::Trash => (None, None, None),
            HolderKind::Manifest(digest) | HolderKind::Subject(digest) => {
                (Some(*digest), None, None)
            }
            HolderKind::Tag(tag, digest) => (Some(*digest), Some(tag.as_str()), None),
            HolderKind::Upload(id) => (None, None, Some(id.as_str())),
        };
        let told = Told {
            repository: &self.repository,
            kind: self.kind.as_str(),
            digest,
            tag,
            upload,
            until: self.until.map(moment),
        };
        told.serialize(serializer)
    }
}

// === impl HolderKind ===

impl HolderKind {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Revision => "revision",
            Self::LayerLink => "layer link",
            Self::Manifest(_) => "manifest",
            Self::Subject(_) => "subject",
            Self::Tag(..) => "tag",
            Self::Trash => "trash",
            Self::Upload(_) => "upload",
        }
    }
}
