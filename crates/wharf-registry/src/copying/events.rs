//! What a pass tells while it goes on.

use serde::Serialize;
use wharf_spec::{Digest, RepositoryName, Tag};

use super::Copied;

/// Something that was not copied.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CopyProblem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Where it is in the source.
    pub path: String,
    /// Whose it is, if that is one repository.
    pub repository: Option<RepositoryName>,
    /// Which tag it is about.
    pub tag: Option<Tag>,
    /// Which content it is about.
    pub digest: Option<Digest>,
    /// The same in words.
    pub detail: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The bytes of a blob have another digest.
    Corrupt,
    /// The storage fails to read it.
    Unreadable,
    /// Nobody knows what it is.
    Strange,
    /// A link file that holds no digest.
    BrokenLink,
    /// A link to content whose bytes are not there.
    DanglingLink,
    /// A tag that points to a manifest that the repository does not hold.
    DanglingTag,
    /// A manifest, or a tag, that would lead to something of this list.
    Withheld,
    /// An entry of the trash that cannot be understood.
    DamagedTrash,
}

/// How far a pass is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CopyProgress {
    /// What it came to so far.
    pub copied: Copied,
    /// What it is at.
    pub stage: CopyStage,
}

/// What a pass is at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CopyStage {
    /// Bytes; how many hundredths are behind it, judging by their digests.
    Blobs(u8),
    /// Links and tags: how many repositories are done, of how many.
    Repositories(usize, usize),
}

/// Who wants to hear of a pass.
pub trait CopyEvents: Send + Sync {
    /// Of what was not copied.
    fn problem(&self, problem: &CopyProblem);

    /// Of how far it is, every now and then.
    fn progress(&self, _progress: &CopyProgress) {}
}

// === impl CopyProblem ===

impl CopyProblem {
    pub(super) fn new(kind: ProblemKind, path: impl Into<String>, detail: String) -> Self {
        Self {
            kind,
            path: path.into(),
            repository: None,
            tag: None,
            digest: None,
            detail,
        }
    }

    pub(super) fn of(mut self, name: &RepositoryName) -> Self {
        self.repository = Some(name.clone());
        self
    }

    pub(super) fn about(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    pub(super) fn tagged(mut self, tag: &Tag) -> Self {
        self.tag = Some(tag.clone());
        self
    }
}

// === impl ProblemKind ===

impl ProblemKind {
    /// As reports have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::Unreadable => "unreadable",
            Self::Strange => "strange",
            Self::BrokenLink => "broken-link",
            Self::DanglingLink => "dangling-link",
            Self::DanglingTag => "dangling-tag",
            Self::Withheld => "withheld",
            Self::DamagedTrash => "damaged-trash",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Corrupt => "push an image that has it again (`wharf scrub`), then copy again",
            Self::Unreadable => "look at the storage, and at who may read it, then copy again",
            Self::Strange => "no registry reads it: find out who put it there",
            Self::BrokenLink | Self::DanglingLink => {
                "nobody can pull it from the source either: push it again, or remove it by \
                 `wharf scrub --repair`"
            }
            Self::DanglingTag => {
                "nobody can pull it from the source either: push the tag again, or remove it"
            }
            Self::Withheld => "see to what it needs, then copy again",
            Self::DamagedTrash => "give it up by `wharf trash empty`",
        }
    }
}
