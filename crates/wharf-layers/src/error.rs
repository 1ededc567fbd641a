//! Why a layer was not read or applied.

use std::fmt;
use std::io;

use wharf_spec::Digest;

/// A layer that was given up, and where in it that happened.
#[derive(Debug)]
pub struct LayerError {
    /// Which layer, the lowest being 1.
    pub position: usize,
    /// The compressed layer.
    pub digest: Digest,
    /// The entry that was read at that moment, as the archive names it.
    pub entry: Option<Vec<u8>>,
    /// Why.
    pub reason: Box<Reason>,
}

/// Why a layer was given up.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// An entry is something that no honest layer has.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The bytes are not the layer that was promised, or not a layer at all.
    #[error("damaged: {0}")]
    Damaged(#[from] Damage),
    /// The layer is more than the caller wants to have.
    #[error("too much: {0}")]
    Excess(#[from] Excess),
    /// The bytes stopped coming.
    #[error("the layer cannot be read")]
    Source(#[source] io::Error),
    /// The disk, not the layer, is at fault.
    #[error("{action} failed")]
    Disk {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// What an entry may not be. None of these was carried out, in part or in whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The name is empty.
    #[error("its name is empty")]
    EmptyName,
    /// A NUL in a name, or in the target of a link.
    #[error("its name or target has a NUL byte")]
    Nul,
    /// `..` in a name, in that of a hard link's target, or in that of what a whiteout hides.
    #[error("its name or target has `..` in it")]
    DotDot,
    /// More bytes between two slashes than a file system takes.
    #[error("a part of its name has more than 255 bytes")]
    NameTooLong,
    /// More bytes than a system call takes.
    #[error("its path or target has more than 4095 bytes")]
    PathTooLong,
    /// Directories within directories beyond the bound.
    #[error("it lies more than {} directories deep", crate::name::MOST_DEPTH)]
    TooDeep,
    /// `.wh.` alone, or a whiteout of `.`.
    #[error("it is a whiteout of nothing")]
    EmptyWhiteout,
    /// A parent is named `.wh.…`, which is kept for whiteouts.
    #[error("a directory of its path is named as whiteouts are")]
    WhiteoutAsParent,
    /// A whiteout whose path leads through a symbolic link.
    #[error("it is a whiteout through a symbolic link")]
    WhiteoutThroughLink,
    /// A parent is a file, a device, a fifo.
    #[error("a parent of it is not a directory")]
    ParentNotDirectory,
    /// Links lead to links, or up and down, more than the system or we follow.
    #[error("its path leads through too many symbolic links")]
    TooManyLinks,
    /// The root would become something other than a directory.
    #[error("the root can only be a directory")]
    RootReplaced,
    /// A hard link to what is not there.
    #[error("the target of the hard link is not there")]
    HardLinkMissing,
    /// A hard link whose target's path leads through a symbolic link.
    #[error("the target of the hard link lies behind a symbolic link")]
    HardLinkThroughLink,
    /// A hard link to a directory.
    #[error("the target of the hard link is a directory")]
    HardLinkToDirectory,
    /// A hard link to its own name.
    #[error("it is a hard link to itself")]
    HardLinkToItself,
    /// A symbolic link to nowhere.
    #[error("it is a symbolic link without a target")]
    EmptyTarget,
    /// An entry of a type that layers do not have.
    #[error("its type {0:#04x} is not one that layers have")]
    UnknownType(u8),
}

/// What is wrong with bytes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Damage {
    /// The media type is not that of a layer.
    #[error("{0:?} is not the media type of a layer")]
    NotALayer(String),
    /// The compressed bytes are others than promised.
    #[error("the digest of the layer is {found}, not {expected}")]
    WrongDigest {
        /// What the manifest says.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// More or fewer compressed bytes than promised.
    #[error("the layer has {found} bytes{}, not {expected}", if found > expected { " or more" } else { "" })]
    WrongSize {
        /// What the manifest says.
        expected: u64,
        /// What came; where that is too many, as far as was read.
        found: u64,
    },
    /// The uncompressed bytes are others than promised.
    #[error("the DiffID of the layer is {found}, not {expected}")]
    WrongDiffId {
        /// What the configuration says.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// The compressed stream contradicts itself or stops early.
    #[error("it cannot be decompressed: {0}")]
    Compression(String),
    /// The archive ends within an entry: the size in its header lies.
    #[error("the archive ends within an entry")]
    Truncated,
    /// A header whose checksum is wrong: this is no archive, or no longer.
    #[error("a header has a wrong checksum")]
    WrongChecksum,
    /// A number in a header that is none, or out of range.
    #[error("the {0} in its header is no number that can be")]
    BadNumber(&'static str),
    /// A PAX record that is not `length key=value`.
    #[error("a PAX record is malformed")]
    BadPax,
    /// A map of a sparse file that contradicts itself.
    #[error("the map of its holes contradicts itself")]
    BadSparseMap,
}

/// What is more than [`crate::Limits`] allow, or than fits in bounded memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Excess {
    /// All layers together, uncompressed, holes counted.
    #[error("the layers have more than {0} bytes when uncompressed")]
    Uncompressed(u64),
    /// A bomb.
    #[error("the layer grows more than {0} times when uncompressed")]
    Ratio(u64),
    /// All layers together.
    #[error("the layers have more than {0} entries")]
    Entries(u64),
    /// Names that have to be remembered until the end.
    #[error("the names in the layers have more than {0} bytes")]
    Names(u64),
    /// Long names, PAX records or maps of one entry.
    #[error("the headers of one entry have more than {0} bytes")]
    Headers(u64),
}

// === impl LayerError ===

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {} ({})", self.position, self.digest)?;
        if let Some(entry) = &self.entry {
            write!(f, ", entry \"{}\"", entry.escape_ascii())?;
        }
        // The cause is told here, and not by `source`, which begins below it.
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for LayerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.reason)
    }
}

// === impl Reason ===

impl Reason {
    pub(crate) fn disk(action: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Disk {
            action,
            source: errno.into(),
        }
    }
}
