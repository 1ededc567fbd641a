//! Old names of options: what is said by one holds for the other.

use crate::node::{Node, entry};

/// Gives each new name what its old one says, where the new one says nothing.
pub(crate) fn carry_over(tree: &mut Node) {
    for (old, new) in RENAMED {
        let Some(said) = find(tree, old).filter(|node| !node.is_empty()).cloned() else {
            continue;
        };
        if find(tree, new).is_none_or(Node::is_empty) {
            put(tree, new, said);
        }
    }
}

fn find<'n>(tree: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(tree, |node, key| node.get(key))
}

fn put(tree: &mut Node, path: &[&str], said: Node) {
    let mut node = tree;
    for key in path {
        // Something else than a section: the reader will say so.
        let Some(entries) = node.entries_mut() else {
            return;
        };
        node = entry(entries, key, &said.origin);
    }
    *node = said;
}

const RENAMED: [(&[&str], &[&str]); 3] = [
    (&["loglevel"], &["log", "level"]),
    (&["redis", "addr"], &["redis", "addrs"]),
    (
        &["storage", "cache", "layerinfo"],
        &["storage", "cache", "blobdescriptor"],
    ),
];
