//! Types that an option may have.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::node::{Content, Node};
use crate::reader::Reader;
use crate::scalar;
use crate::shape::Shape;

/// A type that an option may have. The tree it is read from is complete: what was left
/// out has been put in by `defaults`, except what is optional.
pub(crate) trait Value: Sized {
    const SHAPE: &'static Shape;
    /// See [`crate::shape::Declared::optional`].
    const OPTIONAL: bool = false;

    /// `None` when something is wrong, which the reader has been told.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// What it is when it was left out and has no default. `None` where it must be said;
    /// `parent` is the section it is missing from.
    fn absent(parent: &Node, reader: &mut Reader) -> Option<Self> {
        reader.refuse(parent, "this has to be said")
    }
}

/// A text that is never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

/// Something whose content does not matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ignored;

/// A value of the operator's own, of any kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Free(serde_json::Value);

// === impl Free ===

impl Free {
    /// As JSON.
    #[must_use]
    pub const fn json(&self) -> &serde_json::Value {
        &self.0
    }
}

impl Value for Free {
    // As a rule it is one.
    const SHAPE: &'static Shape = &Shape::Text;

    fn read(node: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self(node.to_json()))
    }
}

// === impl Ignored ===

impl Value for Ignored {
    const SHAPE: &'static Shape = &Shape::Anything;

    fn read(_: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self)
    }
}

// === impl Secret ===

impl Secret {
    /// The text, to be used and not to be shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Value for Secret {
    const SHAPE: &'static Shape = &Shape::Secret;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.text(node).map(|text| Self(text.to_owned()))
    }
}

// === impl Value ===

impl Value for String {
    const SHAPE: &'static Shape = &Shape::Text;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.text(node).map(str::to_owned)
    }
}

impl Value for bool {
    const SHAPE: &'static Shape = &Shape::Boolean;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.boolean(node)
    }

    fn absent(_: &Node, _: &mut Reader) -> Option<Self> {
        Some(false)
    }
}

impl Value for Duration {
    const SHAPE: &'static Shape = &Shape::Duration;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(node)?;
        match scalar::duration(text) {
            Some(duration) => Some(duration),
            None => {
                let text = format!("`{text}` is not a duration: write it as 90s, 1h30m or 168h");
                reader.refuse(node, text)
            }
        }
    }
}

macro_rules! integers {
    ($($integer:ty: $from:expr, $to:expr;)*) => {
        $(impl Value for $integer {
            const SHAPE: &'static Shape = &Shape::Integer($from, $to);

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let number = reader.integer(node, $from, $to)?;
                Self::try_from(number).ok()
            }
        })*
    };
}

integers! {
    u16: 0, u16::MAX as i64;
    u32: 0, u32::MAX as i64;
    u64: 0, i64::MAX;
    i64: i64::MIN, i64::MAX;
}

impl<T: Value> Value for Option<T> {
    const SHAPE: &'static Shape = T::SHAPE;
    const OPTIONAL: bool = true;

    /// Go cannot tell the empty text from one that was not said, so nobody can mean it.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let says_nothing = match T::SHAPE {
            Shape::Section(_) | Shape::Anything => false,
            Shape::Text
            | Shape::Secret
            | Shape::Boolean
            | Shape::Integer(..)
            | Shape::Duration
            | Shape::Choice(_)
            | Shape::List(_)
            | Shape::Map(_) => node.is_empty(),
        };
        if says_nothing {
            return Some(None);
        }
        T::read(node, reader).map(Some)
    }

    fn absent(_: &Node, _: &mut Reader) -> Option<Self> {
        Some(None)
    }
}

impl<T: Value> Value for Vec<T> {
    const SHAPE: &'static Shape = &Shape::List(T::SHAPE);

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let items = match &node.content {
            Content::Null => &[],
            Content::List(items) => items.as_slice(),
            // One is as good as a list of one, except where nothing is said.
            Content::Scalar(text) if text.is_empty() => &[],
            Content::Scalar(_) => std::slice::from_ref(node),
            Content::Map(_) => return reader.refuse(node, "a list is expected here"),
        };
        let items = items.iter().enumerate().map(|(index, item)| {
            let step = format!("[{index}]");
            reader.below(&step, |reader| T::read(item, reader))
        });
        // Every item is read, so that every error is told.
        let items: Vec<_> = items.collect();
        items.into_iter().collect()
    }

    fn absent(_: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    const SHAPE: &'static Shape = &Shape::Map(T::SHAPE);

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.section(node)?;
        let entries = node.entries().iter().map(|entry| {
            let value = reader.below(&entry.key, |reader| T::read(&entry.node, reader));
            value.map(|value| (entry.key.clone(), value))
        });
        let entries: Vec<_> = entries.collect();
        entries.into_iter().collect()
    }

    fn absent(_: &Node, _: &mut Reader) -> Option<Self> {
        Some(Self::new())
    }
}
