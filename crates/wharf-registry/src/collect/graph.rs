//! Which manifests of a repository stay because of others.

use std::collections::HashMap;

use wharf_spec::Digest;

use super::facts::Facts;
use super::marks::{Prefix, prefix};

/// Manifests, and what of one another they list or are about.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    places: HashMap<Prefix, usize>,
}

/// One manifest.
pub(super) struct Node {
    pub(super) digest: Digest,
    pub(super) facts: Facts,
    pub(super) state: State,
}

/// What is to become of a manifest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// It goes unless something speaks against it.
    Open,
    /// It stays.
    Kept,
    /// It has gone.
    Gone,
}

// === impl Graph ===

impl Graph {
    pub(super) fn add(&mut self, digest: Digest, facts: Facts) {
        self.places.insert(prefix(digest), self.nodes.len());
        self.nodes.push(Node {
            digest,
            facts,
            state: State::Open,
        });
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }

    /// Where a manifest is.
    pub(super) fn find(&self, digest: Digest) -> Option<usize> {
        self.places.get(&prefix(digest)).copied()
    }

    /// The one at this place has gone.
    pub(super) fn gone(&mut self, place: usize) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.state = State::Gone;
        }
    }

    /// These stay, and with them what they list and what is about them, and so on. The answer
    /// is which have come to stay by that, in an order in which a reason comes before what it
    /// is the reason for.
    pub(super) fn keep(&mut self, roots: Vec<usize>) -> Vec<usize> {
        let referrers = self.referrers();
        let mut kept = Vec::new();
        let mut next = roots;
        next.reverse();
        while let Some(place) = next.pop() {
            let Some(node) = self.nodes.get_mut(place) else {
                continue;
            };
            if node.state != State::Open {
                continue;
            }
            node.state = State::Kept;
            kept.push(place);
            let about = referrers.get(&prefix(node.digest));
            next.extend(about.into_iter().flatten());
            let children = node.facts.children.iter().rev();
            next.extend(children.filter_map(|child| self.places.get(&prefix(*child))));
        }
        kept
    }

    /// Those that may go, each before what it lists: whoever comes to need an index while
    /// this goes on finds all of it or nothing.
    pub(super) fn open_from_above(&self) -> Vec<usize> {
        let mut listed = vec![0_u32; self.nodes.len()];
        let open = |place: &usize| {
            let node = self.nodes.get(*place);
            node.is_some_and(|node| node.state == State::Open)
        };
        let children = |place: usize| {
            let node = self.nodes.get(place).into_iter();
            let children = node.flat_map(|node| &node.facts.children);
            children.filter_map(|child| self.find(*child)).filter(open)
        };
        for place in (0..self.nodes.len()).filter(open) {
            for child in children(place) {
                if let Some(count) = listed.get_mut(child) {
                    *count += 1;
                }
            }
        }
        let is_free = |place: &usize| listed.get(*place) == Some(&0);
        let mut order: Vec<usize> = (0..self.nodes.len()).filter(open).filter(is_free).collect();
        let mut at = 0;
        while let Some(place) = order.get(at).copied() {
            at += 1;
            for child in children(place) {
                if let Some(count) = listed.get_mut(child) {
                    *count -= 1;
                    if *count == 0 {
                        order.push(child);
                    }
                }
            }
        }
        order
    }

    /// By subject.
    fn referrers(&self) -> HashMap<Prefix, Vec<usize>> {
        let mut referrers: HashMap<_, Vec<_>> = HashMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(subject) = node.facts.subject {
                referrers.entry(prefix(subject)).or_default().push(place);
            }
        }
        referrers
    }
}
