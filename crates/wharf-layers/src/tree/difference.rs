//! What has to be done to one tree to make another of it.

use std::collections::BTreeMap;

use crate::name::{join, pop};

use super::walk::Branch;
use super::{Node, Tree};

/// A path at which two trees differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The path, without a slash before it; empty for the root.
    pub path: Vec<u8>,
    /// How they differ there.
    pub change: Change,
}

/// How two trees differ at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Only the second tree has it.
    Added(Node),
    /// Only the first tree has it.
    Removed(Node),
    /// Both have it, but not alike.
    Changed {
        /// In the first tree.
        before: Node,
        /// In the second tree.
        after: Node,
    },
}

// === impl Tree ===

impl Tree {
    /// The paths at which `after` differs from this tree, a directory before what is in it, and
    /// otherwise in the order of their bytes. What is in a directory that was added or removed is
    /// told too.
    #[must_use]
    pub fn compare(&self, after: &Self) -> Vec<Difference> {
        let mut comparison = Comparison::default();
        comparison.both(&self.root, &after.root);
        comparison.differences
    }
}

#[derive(Default)]
struct Comparison {
    path: Vec<u8>,
    differences: Vec<Difference>,
}

impl Comparison {
    fn both(&mut self, before: &Branch, after: &Branch) {
        if before.node != after.node {
            let (before, after) = (before.node.clone(), after.node.clone());
            self.add(Change::Changed { before, after });
        }
        let mut names: BTreeMap<&[u8], _> = BTreeMap::new();
        for (name, child) in &before.children {
            names.insert(name, (Some(child), None));
        }
        for (name, child) in &after.children {
            names.entry(name).or_insert((None, None)).1 = Some(child);
        }
        for (name, pair) in names {
            join(&mut self.path, name);
            match pair {
                (Some(before), Some(after)) => self.both(before, after),
                (Some(before), None) => self.all(before, &Change::Removed),
                (None, Some(after)) => self.all(after, &Change::Added),
                (None, None) => {}
            }
            pop(&mut self.path);
        }
    }

    fn all(&mut self, branch: &Branch, change: &dyn Fn(Node) -> Change) {
        self.add(change(branch.node.clone()));
        for (name, child) in &branch.children {
            join(&mut self.path, name);
            self.all(child, change);
            pop(&mut self.path);
        }
    }

    fn add(&mut self, change: Change) {
        let path = self.path.clone();
        self.differences.push(Difference { path, change });
    }
}
