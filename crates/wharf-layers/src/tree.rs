//! The tree of files that layers make, held as metadata alone: two of them are compared without
//! unpacking either.

mod difference;
mod grow;
mod walk;

use std::collections::BTreeMap;

use wharf_spec::Digest;

use crate::archive::{Device, Time};
use crate::error::LayerError;
use crate::layer::{LayerReader, LayerReport, LayerSource};
use crate::limits::{Limits, Usage};
use crate::name::EntryPath;

use self::walk::Branch;

pub use difference::{Change, Difference};

/// What layers make when applied in order, by the rules by which they are unpacked. It has some
/// 300 bytes for each path, of which [`Limits::entries`] is the bound; contents are hashed while
/// they stream.
#[derive(Clone)]
pub struct Tree {
    limits: Limits,
    usage: Usage,
    layers: Vec<LayerReport>,
    /// Bytes of names and of links' targets, those that are gone included.
    names: u64,
    root: Branch,
}

/// What is at a path. Names of one file (hard links) are as many equal nodes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// What is there.
    pub kind: NodeKind,
    /// Permissions, with setuid, setgid and sticky.
    pub mode: u32,
    /// Who owns it.
    pub uid: u32,
    /// Whose group it has.
    pub gid: u32,
    /// When its content was last changed; `None` for a directory that no layer describes.
    pub modified: Option<Time>,
    /// The digest of its extended attributes, if it has any.
    pub xattrs: Option<Digest>,
}

/// What is at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NodeKind {
    /// A file.
    File {
        /// Bytes, with its holes.
        size: u64,
        /// The SHA-256 of its content.
        content: Digest,
    },
    /// A directory.
    Directory,
    /// A symbolic link to this.
    Symlink(Vec<u8>),
    /// A character device.
    CharacterDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A named pipe.
    Fifo,
}

// === impl Tree ===

impl Tree {
    /// The tree of no layer.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            usage: Usage::default(),
            layers: Vec::new(),
            names: 0,
            root: Branch {
                node: walk::implied(),
                layer: 0,
                children: BTreeMap::new(),
            },
        }
    }

    /// Applies the next layer. It blocks.
    ///
    /// # Errors
    /// When the layer is not what was promised, or refused.
    pub fn apply(mut self, source: LayerSource) -> Result<Self, LayerError> {
        let position = self.layers.len() + 1;
        let (limits, mut usage) = (self.limits, self.usage);
        let layer = LayerReader::open(source, position, &limits, &mut usage)?;
        let report = self.grow(layer, position)?;
        self.usage = usage;
        self.layers.push(report);
        Ok(self)
    }

    /// The layers so far, the lowest first.
    #[must_use]
    pub fn layers(&self) -> &[LayerReport] {
        &self.layers
    }

    /// What is at a path, in which no link is followed; nothing for a path that cannot be.
    #[must_use]
    pub fn node(&self, path: &[u8]) -> Option<&Node> {
        let path = EntryPath::parse(path).ok()?;
        self.root.find(path.bytes()).map(|branch| &branch.node)
    }
}
