//! What a file, a variable or a flag says, before it is known what it means: a tree of
//! texts, each with its origin.

use serde_json::Value as Json;

use crate::{Origin, scalar};

/// A piece of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Nothing after the colon, `null` or `~`.
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) origin: Origin,
    pub(crate) node: Node,
}

// === impl Node ===

impl Node {
    pub(crate) const fn null(origin: Origin) -> Self {
        Self {
            origin,
            content: Content::Null,
        }
    }

    pub(crate) const fn empty_map(origin: Origin) -> Self {
        Self {
            origin,
            content: Content::Map(Vec::new()),
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// True when it says nothing: Go reads the empty text as the zero value.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.content {
            Content::Null => true,
            Content::Scalar(text) => text.is_empty(),
            Content::List(_) | Content::Map(_) => false,
        }
    }

    /// The same as JSON; what looks like a number or a boolean is one.
    pub(crate) fn to_json(&self) -> Json {
        match &self.content {
            Content::Null => Json::Null,
            Content::Scalar(text) => match (scalar::integer(text), scalar::boolean(text)) {
                (Some(number), _) => Json::from(number),
                (None, Some(boolean)) if text.len() > 1 => Json::from(boolean),
                (None, _) => Json::from(text.as_str()),
            },
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect(),
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Null | Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            Content::Null | Content::Scalar(_) | Content::Map(_) => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        Some(&entry.node)
    }

    /// What stands at a key, or at `[0]` and so on.
    pub(crate) fn step(&self, step: &str) -> Option<&Self> {
        let number = step.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        match number {
            Some(number) => self.items().get(number.parse::<usize>().ok()?),
            None => self.get(step),
        }
    }

    /// The entries, after making it a map if it says nothing; `None` if it is something else.
    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        if self.is_empty() {
            self.content = Content::Map(Vec::new());
        }
        match &mut self.content {
            Content::Map(entries) => Some(entries),
            Content::Null | Content::Scalar(_) | Content::List(_) => None,
        }
    }

    /// The items, after making it a list if it says nothing; `None` if it is something else.
    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Self>> {
        if self.is_empty() {
            self.content = Content::List(Vec::new());
        } else if let Content::Scalar(_) = self.content {
            // One is as good as a list of one.
            self.content = Content::List(vec![self.clone()]);
        }
        match &mut self.content {
            Content::List(items) => Some(items),
            Content::Null | Content::Scalar(_) | Content::Map(_) => None,
        }
    }
}

/// The node at `key`, made if it is not there.
pub(crate) fn entry<'a>(entries: &'a mut Vec<Entry>, key: &str, origin: &Origin) -> &'a mut Node {
    let at = entries.iter().position(|entry| entry.key == key);
    let at = at.unwrap_or_else(|| {
        entries.push(Entry {
            key: key.to_owned(),
            origin: origin.clone(),
            node: Node::null(origin.clone()),
        });
        entries.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
    &mut entries[at].node
}
