//! Reading a tree into types: where in the tree it is, and what was wrong.

use std::fmt;

use crate::Origin;
use crate::node::{Content, Node};
use crate::scalar;

/// Something to tell the operator about the configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark {
    /// Where to look.
    pub origin: Origin,
    /// Which option, as `http.tls.key`; empty for the whole.
    pub option: String,
    /// What is the matter, and what to do.
    pub text: String,
}

/// Collects what is wrong while a tree is read.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    path: String,
    pub(crate) errors: Vec<Remark>,
}

// === impl Remark ===

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            option,
            text,
        } = self;
        if *origin != Origin::Default {
            write!(f, "{origin}: ")?;
        }
        if !option.is_empty() {
            write!(f, "{option}: ")?;
        }
        f.write_str(text)
    }
}

// === impl Reader ===

impl Reader {
    /// Reads what is below `step`.
    pub(crate) fn below<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path = join(&self.path, step);
        let read = read(self);
        self.path.truncate(length);
        read
    }

    /// Notes what is wrong with `node`; nothing comes of it.
    pub(crate) fn refuse<T>(&mut self, node: &Node, text: impl Into<String>) -> Option<T> {
        self.errors.push(Remark {
            origin: node.origin.clone(),
            option: self.path.clone(),
            text: text.into(),
        });
        None
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.content {
            Content::Scalar(text) => Some(text),
            Content::Null => Some(""),
            Content::List(_) => self.refuse(node, "one text is expected here, not a list"),
            Content::Map(_) => self.refuse(node, "one text is expected here, not a section"),
        }
    }

    pub(crate) fn boolean(&mut self, node: &Node) -> Option<bool> {
        let text = self.text(node)?;
        if text.is_empty() {
            return Some(false);
        }
        match scalar::boolean(text) {
            Some(boolean) => Some(boolean),
            None => self.refuse(node, format!("`{text}` is neither true nor false")),
        }
    }

    pub(crate) fn integer(&mut self, node: &Node, from: i64, to: i64) -> Option<i64> {
        let text = self.text(node)?;
        let Some(number) = scalar::integer(text) else {
            return self.refuse(node, format!("`{text}` is not a whole number"));
        };
        if (from..=to).contains(&number) {
            Some(number)
        } else {
            let bounds = if to == i64::MAX {
                format!("at least {from}")
            } else {
                format!("from {from} to {to}")
            };
            self.refuse(node, format!("{number} is out of bounds: {bounds}"))
        }
    }

    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let chosen = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        if let Some((_, chosen)) = chosen {
            return Some(*chosen);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let known = known.join(", ");
        self.refuse(node, format!("`{text}` is none of: {known}"))
    }

    /// Checks that `node` is a section; one that says nothing is one.
    pub(crate) fn section(&mut self, node: &Node) -> Option<()> {
        match &node.content {
            Content::Null | Content::Map(_) => Some(()),
            // Not with the text: it may be a secret in the wrong place.
            Content::Scalar(_) => self.refuse(node, "a section is expected here, not one text"),
            Content::List(_) => self.refuse(node, "a section is expected here, not a list"),
        }
    }
}

/// The path of what stands at `step` below `path`.
pub(crate) fn join(path: &str, step: &str) -> String {
    if path.is_empty() || step.starts_with('[') {
        format!("{path}{step}")
    } else {
        format!("{path}.{step}")
    }
}
