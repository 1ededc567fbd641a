//! Referrers of referrers.

use serde_json::{Value, json};
use wharf_spec::Descriptor;

use crate::client::ask::printable;
use crate::collection::size;

/// What was found, each with what it refers to: another one of these, or the image itself.
pub(super) struct Tree {
    found: Vec<(Option<usize>, Descriptor)>,
    /// Whether that is all.
    pub(super) is_complete: bool,
}

// === impl Tree ===

impl Default for Tree {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            is_complete: true,
        }
    }
}

impl Tree {
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Adds one; what is returned stands for it as a parent.
    pub(super) fn add(&mut self, parent: Option<usize>, descriptor: Descriptor) -> usize {
        self.found.push((parent, descriptor));
        self.found.len() - 1
    }

    /// Those that refer to one, each with those that refer to it.
    pub(super) fn json(&self, parent: Option<usize>) -> Vec<Value> {
        let told = |(index, descriptor): (usize, &Descriptor)| {
            let mut told = json!(descriptor);
            let below = self.json(Some(index));
            if let (Some(told), false) = (told.as_object_mut(), below.is_empty()) {
                told.insert("referrers".to_owned(), below.into());
            }
            told
        };
        self.of(parent).map(told).collect()
    }

    /// The same as people draw it.
    pub(super) fn lines(&self, parent: Option<usize>, margin: &str) -> Vec<String> {
        let children: Vec<_> = self.of(parent).collect();
        let mut lines = Vec::new();
        for (number, (index, descriptor)) in children.iter().enumerate() {
            let is_last = number + 1 == children.len();
            let (branch, below) = if is_last {
                ("└── ", "    ")
            } else {
                ("├── ", "│   ")
            };
            let kind = descriptor.artifact_type.as_deref();
            let kind = printable(kind.unwrap_or(&descriptor.media_type));
            let (digest, size) = (descriptor.digest, size(descriptor.size));
            lines.push(format!("{margin}{branch}{kind}  {digest}  {size}"));
            lines.extend(self.lines(Some(*index), &format!("{margin}{below}")));
        }
        lines
    }

    fn of(&self, parent: Option<usize>) -> impl Iterator<Item = (usize, &Descriptor)> {
        let numbered = self.found.iter().enumerate();
        numbered.filter_map(move |(index, (of, descriptor))| {
            (*of == parent).then_some((index, descriptor))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_drawn_with_its_branches() {
        let descriptor = |letter: &str, kind: Option<&str>| Descriptor {
            media_type: "m".to_owned(),
            digest: format!("sha256:{}", letter.repeat(64)).parse().unwrap(),
            size: 7,
            urls: Vec::new(),
            annotations: Default::default(),
            platform: None,
            artifact_type: kind.map(str::to_owned),
        };
        let mut tree = Tree::default();
        let first = tree.add(None, descriptor("a", Some("x\u{1b}[2J")));
        tree.add(None, descriptor("b", None));
        let below = tree.add(Some(first), descriptor("c", Some("y")));
        tree.add(Some(below), descriptor("d", Some("z")));
        let lines: Vec<_> = tree
            .lines(None, "")
            .iter()
            .map(|line| short(line))
            .collect();
        assert_eq!(
            lines,
            [
                "├── x [2J  sha256:aaa…  7 B",
                "│   └── y  sha256:ccc…  7 B",
                "│       └── z  sha256:ddd…  7 B",
                "└── m  sha256:bbb…  7 B",
            ]
        );
        let json = tree.json(None);
        assert_eq!(json[0]["referrers"][0]["referrers"][0]["artifactType"], "z");
        assert!(json[1].get("referrers").is_none());
    }

    fn short(line: &str) -> String {
        let (start, digest) = line.split_once("sha256:").unwrap();
        format!("{start}sha256:{}…{}", &digest[..3], &digest[64..])
    }
}
