//! Something that is not as it should be.

use serde::Serialize;
use wharf_spec::Digest;

/// Damage, and what became of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The object or directory, below the root of the storage.
    pub path: String,
    /// Whose it is, if that is one repository.
    pub repository: Option<String>,
    /// Which tag it is about.
    pub tag: Option<String>,
    /// Which content it is about.
    pub digest: Option<Digest>,
    /// What was found there, in words.
    pub detail: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What can be done about it.
    pub advice: &'static str,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
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
    /// A tag has once pointed to a manifest that is gone.
    StaleHistory,
    /// A link that leads to other content than its name says.
    WrongLink,
    /// A manifest that cannot be used.
    ManifestInvalid,
    /// A manifest refers to something that the repository does not hold.
    MissingPart,
    /// A manifest says another size of something than that has.
    WrongSize,
    /// An index says another media type of a manifest than that has.
    WrongMediaType,
    /// A damaged blob was moved aside, and nobody has pushed it again.
    Quarantined,
    /// A blob was moved aside that is right.
    QuarantinedRight,
    /// A damaged blob was moved aside, and somebody has pushed it again.
    Healed,
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing: it is as it was.
    Remains,
    /// The blob was moved aside, and waits to be pushed again.
    Quarantined,
    /// It was removed.
    Removed,
    /// It is where it belongs again.
    PutBack,
}

// === impl Finding ===

impl Finding {
    pub(super) fn new(kind: FindingKind, path: impl Into<String>, detail: String) -> Self {
        Self {
            kind,
            path: path.into(),
            repository: None,
            tag: None,
            digest: None,
            detail,
            outcome: Outcome::Remains,
            advice: "",
        }
    }

    /// Whether somebody should still do something about it.
    #[must_use]
    pub const fn remains(&self) -> bool {
        match self.outcome {
            Outcome::Remains => !self.kind.is_harmless(),
            Outcome::Quarantined => true,
            Outcome::Removed | Outcome::PutBack => false,
        }
    }
}

// === impl FindingKind ===

impl FindingKind {
    /// Whether no client ever notices.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        match self {
            Self::StaleHistory | Self::Healed => true,
            Self::Corrupt
            | Self::Unreadable
            | Self::Strange
            | Self::BrokenLink
            | Self::DanglingLink
            | Self::DanglingTag
            | Self::WrongLink
            | Self::ManifestInvalid
            | Self::MissingPart
            | Self::WrongSize
            | Self::WrongMediaType
            | Self::Quarantined
            | Self::QuarantinedRight => false,
        }
    }

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
            Self::StaleHistory => "stale-history",
            Self::WrongLink => "wrong-link",
            Self::ManifestInvalid => "manifest-invalid",
            Self::MissingPart => "missing-part",
            Self::WrongSize => "wrong-size",
            Self::WrongMediaType => "wrong-media-type",
            Self::Quarantined => "quarantined",
            Self::QuarantinedRight => "quarantined-right",
            Self::Healed => "healed",
        }
    }

    /// What can be done about it while it remains.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::Corrupt => {
                "with --repair it is moved aside; then push an image that has it again"
            }
            Self::Unreadable => "look at the disk, and at who may read the file",
            Self::Strange => "this registry never reads it: find out who put it there",
            Self::BrokenLink | Self::DanglingLink => {
                "push what it stands for again; --repair removes it once it is old enough"
            }
            Self::DanglingTag => "push the tag again; --repair removes it once it is old enough",
            Self::StaleHistory => "nothing needs to be done; --repair removes it",
            Self::WrongLink => "push what it should lead to again",
            Self::ManifestInvalid => "nobody can pull it: push it again, or delete it",
            Self::MissingPart => "push the image again",
            Self::WrongSize | Self::WrongMediaType => {
                "clients may refuse it: build and push it again"
            }
            Self::Quarantined => "push an image that has it again",
            Self::QuarantinedRight => "--repair puts it back",
            Self::Healed => "it has been pushed again: --repair removes the damaged copy",
        }
    }
}

// === impl Outcome ===

impl Outcome {
    /// As reports have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Remains => "remains",
            Self::Quarantined => "quarantined",
            Self::Removed => "removed",
            Self::PutBack => "put-back",
        }
    }
}
