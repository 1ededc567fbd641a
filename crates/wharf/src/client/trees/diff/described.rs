//! What is at a path, as programs and people are told.

use serde::Serialize;
use wharf_layers::{Node, NodeKind};
use wharf_spec::Digest;

use crate::client::ask::printable;
use crate::collection::size;

/// It. Digests are those of contents, and of extended attributes taken together.
#[derive(Debug, Serialize)]
pub(super) struct Described {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// Major and minor.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<(u32, u32)>,
    /// In octal digits.
    mode: String,
    /// User and group.
    owner: (u32, u32),
    /// Seconds since 1970, and nanoseconds; `None` for a directory that no layer describes.
    modified: Option<(i64, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xattrs: Option<Digest>,
}

// === impl Described ===

impl Described {
    pub(super) fn of(node: &Node) -> Self {
        let mut described = Self {
            kind: "file",
            size: None,
            content: None,
            target: None,
            device: None,
            mode: format!("{:04o}", node.mode),
            owner: (node.uid, node.gid),
            modified: node.modified.map(|time| (time.seconds, time.nanoseconds)),
            xattrs: node.xattrs,
        };
        match &node.kind {
            NodeKind::File { size, content } => {
                (described.size, described.content) = (Some(*size), Some(*content));
            }
            NodeKind::Directory => described.kind = "directory",
            NodeKind::Symlink(target) => {
                described.kind = "symlink";
                described.target = Some(text(target));
            }
            NodeKind::CharacterDevice(device) => {
                described.kind = "character device";
                described.device = Some((device.major, device.minor));
            }
            NodeKind::BlockDevice(device) => {
                described.kind = "block device";
                described.device = Some((device.major, device.minor));
            }
            NodeKind::Fifo => described.kind = "fifo",
        }
        described
    }

    /// One of its properties, if that is worth telling people: digests are not, nor times to
    /// the nanosecond.
    pub(super) fn property(&self, name: &str) -> Option<String> {
        match name {
            "type" => Some(self.kind.to_owned()),
            "mode" => Some(self.mode.clone()),
            "owner" => Some(self.owner()),
            "size" => self.size.map(size),
            "target" => self.target.as_deref().map(printable),
            "device" => self.device.map(|(major, minor)| format!("{major}:{minor}")),
            _ => None,
        }
    }

    /// All of it in a few words.
    pub(super) fn summary(&self) -> String {
        let mut words = vec![self.kind.to_owned(), self.mode.clone(), self.owner()];
        words.extend(self.size.map(size));
        words.extend(self.property("device"));
        let target = self.property("target");
        words.extend(target.map(|target| format!("→ {target}")));
        words.join(" ")
    }

    fn owner(&self) -> String {
        format!("{}:{}", self.owner.0, self.owner.1)
    }
}

/// Names need not be text: then their bytes are told as in Rust.
pub(super) fn text(name: &[u8]) -> String {
    let text = std::str::from_utf8(name).map(str::to_owned);
    text.unwrap_or_else(|_| name.escape_ascii().to_string())
}
