//! Paths walked in a tree that is held in memory, as they are walked on a disk.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::name::{MOST_DEPTH, MOST_LINKS, MOST_LOOKUPS, check_bytes, join, pop};

use super::{Node, NodeKind};

/// A node and what is in it.
#[derive(Clone)]
pub(super) struct Branch {
    pub(super) node: Node,
    /// Which layer brought it; 0 where none describes it.
    pub(super) layer: usize,
    pub(super) children: BTreeMap<Vec<u8>, Branch>,
}

/// What becomes of symbolic links, and of what is missing.
#[derive(Clone, Copy)]
pub(super) enum Walk {
    /// Links are followed as inside a chroot, missing directories made.
    Make,
    /// Links are refused, for this reason.
    Find(Refusal),
}

/// A directory that no layer describes.
pub(super) const fn implied() -> Node {
    Node {
        kind: NodeKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        modified: None,
        xattrs: None,
    }
}

// === impl Branch ===

impl Branch {
    pub(super) fn new(node: Node, layer: usize) -> Self {
        Self {
            node,
            layer,
            children: BTreeMap::new(),
        }
    }

    /// What is at a path that has no links in it.
    pub(super) fn find(&self, path: &[u8]) -> Option<&Self> {
        parts(path).try_fold(self, |branch, part| branch.children.get(part))
    }

    /// The same, to be changed.
    pub(super) fn find_mut(&mut self, path: &[u8]) -> Option<&mut Self> {
        parts(path).try_fold(self, |branch, part| branch.children.get_mut(part))
    }

    /// Where `path` leads: the path after symbolic links, if there is a directory.
    pub(super) fn walk(&mut self, path: &[u8], how: Walk) -> Result<Option<Vec<u8>>, Refusal> {
        let mut todo: Vec<Vec<u8>> = parts(path).rev().map(<[u8]>::to_owned).collect();
        let mut at = Vec::new();
        let (mut followed, mut looked_up) = (0, 0);
        let mut here = &mut *self;
        while let Some(part) = todo.pop() {
            looked_up += 1;
            if looked_up > MOST_LOOKUPS {
                return Err(Refusal::TooManyLinks);
            }
            match part.as_slice() {
                b"." => continue,
                b".." => {
                    looked_up += parts(&at).count();
                    pop(&mut at);
                    here = self.find_mut(&at).ok_or(Refusal::ParentNotDirectory)?;
                    continue;
                }
                _ => {}
            }
            let Some(target) = here.link(&part, how)? else {
                return Ok(None);
            };
            if target.is_empty() {
                here = here
                    .children
                    .get_mut(&part)
                    .ok_or(Refusal::ParentNotDirectory)?;
                join(&mut at, &part);
                check_bytes(&at)?;
                continue;
            }
            followed += 1;
            if followed > MOST_LINKS {
                return Err(Refusal::TooManyLinks);
            }
            if target.starts_with(b"/") {
                at.clear();
                here = &mut *self;
            }
            todo.extend(parts(&target).rev().map(<[u8]>::to_owned));
        }
        if parts(&at).count() > MOST_DEPTH {
            return Err(Refusal::TooDeep);
        }
        Ok(Some(at))
    }

    /// Where the link of this name leads, which is never empty; an empty text for a directory,
    /// which may have been made; nothing if nothing is there.
    fn link(&mut self, name: &[u8], how: Walk) -> Result<Option<Vec<u8>>, Refusal> {
        match (self.children.get(name).map(|child| &child.node.kind), how) {
            (Some(NodeKind::Directory), _) => Ok(Some(Vec::new())),
            (Some(NodeKind::Symlink(target)), Walk::Make) => Ok(Some(target.clone())),
            (Some(NodeKind::Symlink(_)), Walk::Find(refusal)) => Err(refusal),
            (Some(_), _) => Err(Refusal::ParentNotDirectory),
            (None, Walk::Find(_)) => Ok(None),
            (None, Walk::Make) => {
                self.children
                    .insert(name.to_owned(), Self::new(implied(), 0));
                Ok(Some(Vec::new()))
            }
        }
    }

    /// Removes what layers other than this one have brought below here.
    pub(super) fn remove_all_below(&mut self, layer: usize) {
        self.children.retain(|_, child| child.stays(layer));
    }

    /// Removes below here what layers other than this one have brought, and tells whether it
    /// stays itself.
    pub(super) fn stays(&mut self, layer: usize) -> bool {
        self.remove_all_below(layer);
        self.layer == layer || !self.children.is_empty()
    }
}

fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
}
