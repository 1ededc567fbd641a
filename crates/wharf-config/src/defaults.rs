//! Completing a tree: what was left out gets its default, so that reading and printing
//! see the same.

use crate::Origin;
use crate::node::{Content, Entry, Node};
use crate::shape::{Section, Shape};
use crate::yaml;

/// `storage: inmemory` means `storage: {inmemory: }`.
pub(crate) fn unfold_bare(section: &Section, node: &mut Node) {
    let Content::Map(entries) = &mut node.content else {
        return;
    };
    for entry in entries {
        let option = section.option(&entry.key);
        if let Some(Shape::Section(inner)) = option.map(|option| option.shape) {
            unfold(inner, &mut entry.node);
        }
    }
}

/// The same for one section.
pub(crate) fn unfold(section: &Section, node: &mut Node) {
    let Some(text) = node.text().filter(|_| section.bare) else {
        return;
    };
    let origin = node.origin.clone();
    let named = (!text.is_empty()).then(|| Entry {
        key: text.to_owned(),
        origin: origin.clone(),
        node: Node::empty_map(origin),
    });
    node.content = Content::Map(named.into_iter().collect());
}

/// Puts in what was left out and has a default.
pub(crate) fn fill(section: &Section, node: &mut Node) {
    // Something else than a section: the reader will say so.
    let Some(entries) = node.entries_mut() else {
        return;
    };
    for option in section.options {
        let given = entries.iter_mut().find(|entry| entry.key == option.key);
        let default = option.default.map(parse);
        match (given, default) {
            (Some(entry), Some(default)) if entry.node.is_empty() => entry.node = default,
            (Some(entry), _) => fill_value(option.shape, &mut entry.node),
            (None, Some(default)) => entries.push(new(option.key, default)),
            (None, None) => {
                if let (Shape::Section(inner), false) = (option.shape, option.optional) {
                    let mut node = Node::empty_map(Origin::Default);
                    fill(inner, &mut node);
                    entries.push(new(option.key, node));
                }
            }
        }
    }
}

fn fill_value(shape: &Shape, node: &mut Node) {
    match shape {
        Shape::Section(section) => fill(section, node),
        Shape::List(item) => {
            if let Content::List(items) = &mut node.content {
                for node in items {
                    fill_value(item, node);
                }
            }
        }
        Shape::Text
        | Shape::Secret
        | Shape::Boolean
        | Shape::Integer(..)
        | Shape::Duration
        | Shape::Choice(_)
        | Shape::Map(_)
        | Shape::Anything => {}
    }
}

fn new(key: &str, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        origin: Origin::Default,
        node,
    }
}

/// Defaults are YAML of our own; a test reads every one of them.
fn parse(default: &str) -> Node {
    let node = yaml::parse(default, &Origin::Default);
    node.unwrap_or_else(|_| Node::null(Origin::Default))
}
