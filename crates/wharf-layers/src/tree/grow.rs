//! A layer applied to a tree.

use wharf_hash::{StreamHasher, digest};
use wharf_spec::{Algorithm, Digest};

use crate::action::{Action, is_reserved};
use crate::archive::{Archive, Entry, Kind, Xattr};
use crate::error::{LayerError, Reason, Refusal};
use crate::layer::{LayerReader, LayerReport};
use crate::limits::check_names;
use crate::name::{EntryPath, MOST_DEPTH, check_bytes};

use super::walk::{Branch, Walk};
use super::{Node, NodeKind, Tree};

// === impl Tree ===

impl Tree {
    pub(super) fn grow(
        &mut self,
        layer: LayerReader<'_>,
        position: usize,
    ) -> Result<LayerReport, LayerError> {
        let mut archive = Archive::new(layer);
        let grown = self.entries(&mut archive, position);
        grown.map_err(|reason| archive.error(reason))?;
        archive.finish()
    }

    fn entries(&mut self, archive: &mut Archive<'_>, layer: usize) -> Result<(), Reason> {
        while let Some(entry) = archive.next()? {
            let target = match &entry.kind {
                Kind::Symlink(target) => target.len(),
                _ => 0,
            };
            self.names = self
                .names
                .saturating_add((entry.name.len() + target) as u64);
            check_names(self.names)?;
            self.entry(&entry, archive, layer)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        archive: &mut Archive<'_>,
        layer: usize,
    ) -> Result<(), Reason> {
        match Action::of(entry)? {
            Action::Put(path) => self.put(&path, entry, archive, layer),
            Action::Hide(path) => Ok(self.hide(&path, layer)?),
            Action::HideAllIn(path) => {
                let links = Walk::Find(Refusal::WhiteoutThroughLink);
                let at = self.root.walk(path.bytes(), links)?;
                if let Some(branch) = at.and_then(|at| self.root.find_mut(&at)) {
                    branch.remove_all_below(layer);
                }
                Ok(())
            }
            Action::Ignore => Ok(()),
        }
    }

    fn hide(&mut self, path: &EntryPath, layer: usize) -> Result<(), Refusal> {
        let (parent, name) = path.split();
        let at = self
            .root
            .walk(parent, Walk::Find(Refusal::WhiteoutThroughLink))?;
        if let Some(parent) = at.and_then(|at| self.root.find_mut(&at))
            && let Some(hidden) = parent.children.get_mut(name)
            && !hidden.stays(layer)
        {
            parent.children.remove(name);
        }
        Ok(())
    }

    fn put(
        &mut self,
        path: &EntryPath,
        entry: &Entry,
        archive: &mut Archive<'_>,
        layer: usize,
    ) -> Result<(), Reason> {
        let node = match &entry.kind {
            Kind::HardLink(target) => self.linked(target, path)?,
            _ => describe(entry, archive)?,
        };
        if path.is_root() {
            self.root.node = node;
            return Ok(());
        }
        let (parent, name) = path.split();
        let at = self.root.walk(parent, Walk::Make)?.unwrap_or_default();
        let depth = at
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
            .count();
        if depth >= MOST_DEPTH && node.kind == NodeKind::Directory {
            return Err(Refusal::TooDeep.into());
        }
        let parent = self.root.find_mut(&at).ok_or(Refusal::ParentNotDirectory)?;
        let merges = node.kind == NodeKind::Directory;
        match parent.children.get_mut(name) {
            Some(below) if merges && below.node.kind == NodeKind::Directory => {
                below.node = node;
                below.layer = layer;
            }
            _ => {
                parent
                    .children
                    .insert(name.to_owned(), Branch::new(node, layer));
            }
        }
        Ok(())
    }

    /// What a hard link is: a copy of its target.
    fn linked(&mut self, target: &[u8], path: &EntryPath) -> Result<Node, Refusal> {
        let target = EntryPath::parse(target)?;
        if target == *path {
            return Err(Refusal::HardLinkToItself);
        }
        if target.bytes().split(|byte| *byte == b'/').any(is_reserved) {
            return Err(Refusal::HardLinkMissing);
        }
        let (parent, _) = target.split();
        self.root
            .walk(parent, Walk::Find(Refusal::HardLinkThroughLink))?
            .ok_or(Refusal::HardLinkMissing)?;
        let found = self
            .root
            .find(target.bytes())
            .ok_or(Refusal::HardLinkMissing)?;
        if found.node.kind == NodeKind::Directory {
            return Err(Refusal::HardLinkToDirectory);
        }
        Ok(found.node.clone())
    }
}

fn describe(entry: &Entry, archive: &mut Archive<'_>) -> Result<Node, Reason> {
    let kind = match &entry.kind {
        Kind::File { size } => NodeKind::File {
            size: *size,
            content: hash(*size, archive)?,
        },
        Kind::Symlink(target) if target.is_empty() => return Err(Refusal::EmptyTarget.into()),
        Kind::Symlink(target) => {
            check_bytes(target)?;
            NodeKind::Symlink(target.clone())
        }
        // A hard link is described by its target.
        Kind::Directory | Kind::HardLink(_) => NodeKind::Directory,
        Kind::CharacterDevice(device) => NodeKind::CharacterDevice(*device),
        Kind::BlockDevice(device) => NodeKind::BlockDevice(*device),
        Kind::Fifo => NodeKind::Fifo,
    };
    Ok(Node {
        // Links have no permissions, whatever archives say.
        mode: if matches!(kind, NodeKind::Symlink(_)) {
            0o777
        } else {
            entry.mode
        },
        kind,
        uid: entry.uid,
        gid: entry.gid,
        modified: Some(entry.modified),
        xattrs: hash_xattrs(&entry.xattrs),
    })
}

fn hash(size: u64, archive: &mut Archive<'_>) -> Result<Digest, Reason> {
    let mut hasher = StreamHasher::new(Algorithm::Sha256);
    archive.content(|offset, piece| {
        fill(&mut hasher, offset);
        hasher.update(piece);
        Ok(())
    })?;
    fill(&mut hasher, size);
    Ok(hasher.finish())
}

/// Hashes a hole that ends at `end`.
fn fill(hasher: &mut StreamHasher, end: u64) {
    static ZEROES: [u8; 32 * 1024] = [0; 32 * 1024];
    while let Some(left) = end.checked_sub(hasher.len()).filter(|left| *left > 0) {
        let len = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(ZEROES.len());
        hasher.update(ZEROES.get(..len).unwrap_or(&ZEROES));
    }
}

/// Lengths are hashed too, so that no two sets are written alike.
fn hash_xattrs(xattrs: &[Xattr]) -> Option<Digest> {
    let mut sorted: Vec<_> = xattrs.iter().collect();
    sorted.sort();
    let mut bytes = Vec::new();
    for Xattr { name, value } in sorted {
        for part in [name, value] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
    }
    (!xattrs.is_empty()).then(|| digest(Algorithm::Sha256, &bytes))
}
