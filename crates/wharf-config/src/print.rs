//! A complete tree as its reader would write it, with where each value came from.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::node::Node;
use crate::reader::join;
use crate::scalar;
use crate::shape::{Section, Shape};

/// As YAML, which can be read again (secrets are not in it).
pub(crate) fn yaml(section: &Section, tree: &Node) -> String {
    let mut out = String::new();
    options(&mut out, section, tree, 0);
    out
}

/// As a flat list.
pub(crate) fn json(section: &Section, tree: &Node) -> Json {
    let mut list = Vec::new();
    flat(&mut list, section, tree, "");
    Json::Array(list)
}

fn options(out: &mut String, section: &Section, node: &Node, depth: usize) {
    for option in section.options {
        let Some(node) = node.get(option.key) else {
            continue;
        };
        if let Shape::List(_) | Shape::Map(_) = option.shape
            && node.items().is_empty()
            && node.entries().is_empty()
            && node.text().is_none()
        {
            continue;
        }
        let mut shown = String::new();
        value(&mut shown, option.shape, node, depth);
        // A section in which nothing was said, and which is there in any case.
        if shown != "\n" || option.optional {
            let _ = write!(
                out,
                "{:width$}{}:{shown}",
                "",
                option.key,
                width = depth * 2
            );
        }
    }
}

/// What stands behind the colon, with the line's end.
fn value(out: &mut String, shape: &Shape, node: &Node, depth: usize) {
    match shape {
        Shape::Section(section) => {
            out.push('\n');
            options(out, section, node, depth + 1);
        }
        Shape::Map(shape) if node.entries().is_empty() => end(out, &shown(shape, node), node),
        Shape::Map(shape) => {
            out.push('\n');
            for entry in node.entries() {
                let key = quoted(&entry.key);
                let _ = write!(out, "{:width$}{key}:", "", width = (depth + 1) * 2);
                value(out, shape, &entry.node, depth + 1);
            }
        }
        Shape::List(Shape::Section(section)) => {
            out.push('\n');
            for node in node.items() {
                let mut item = String::new();
                options(&mut item, section, node, depth + 2);
                // The first option stands beside the dash.
                let indented = " ".repeat(depth * 2 + 4);
                let dashed = format!("{}- ", " ".repeat(depth * 2 + 2));
                out.push_str(&item.replacen(&indented, &dashed, 1));
            }
        }
        Shape::List(shape) => {
            let mut items: Vec<_> = node.items().iter().map(|node| shown(shape, node)).collect();
            if node.text().is_some() {
                items.push(shown(shape, node));
            }
            // Where the first item came from: the others stand with it.
            let from = node.items().first().unwrap_or(node);
            end(out, &format!("[{}]", items.join(", ")), from);
        }
        Shape::Text
        | Shape::Secret
        | Shape::Boolean
        | Shape::Integer(..)
        | Shape::Duration
        | Shape::Choice(_)
        | Shape::Anything => end(out, &shown(shape, node), node),
    }
}

fn end(out: &mut String, text: &str, node: &Node) {
    let _ = writeln!(out, " {text} # {}", node.origin);
}

/// A scalar in YAML.
fn shown(shape: &Shape, node: &Node) -> String {
    let text = node.text().unwrap_or_default();
    match shape {
        Shape::Secret => r#""(hidden)""#.to_owned(),
        Shape::Anything => "{}".to_owned(),
        Shape::Boolean => scalar::boolean(text).unwrap_or(false).to_string(),
        Shape::Integer(..) => scalar::integer(text).unwrap_or(0).to_string(),
        Shape::Duration => {
            let duration = scalar::duration(text);
            duration.map_or_else(|| quoted(text), scalar::show_duration)
        }
        Shape::Text if !node.items().is_empty() || !node.entries().is_empty() => {
            node.to_json().to_string()
        }
        Shape::Text | Shape::Choice(_) | Shape::List(_) | Shape::Map(_) | Shape::Section(_) => {
            quoted(&without_password(text))
        }
    }
}

/// A URL without who it is for: `https://(hidden)@host`.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://(hidden){}", &rest[user.len()..]),
        None => text.to_owned(),
    }
}

/// Without quotes where nothing else could be meant. A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
        && scalar::boolean(text).is_none()
        && !text.eq_ignore_ascii_case("null");
    if plain {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}

fn flat(list: &mut Vec<Json>, section: &Section, node: &Node, path: &str) {
    for option in section.options {
        if let Some(node) = node.get(option.key) {
            flat_value(list, option.shape, node, &join(path, option.key));
        }
    }
}

fn flat_value(list: &mut Vec<Json>, shape: &Shape, node: &Node, path: &str) {
    match shape {
        Shape::Section(section) => flat(list, section, node, path),
        Shape::Map(shape) => {
            for entry in node.entries() {
                flat_value(list, shape, &entry.node, &join(path, &entry.key));
            }
        }
        Shape::List(shape) if node.text().is_none() => {
            for (index, node) in node.items().iter().enumerate() {
                flat_value(list, shape, node, &join(path, &format!("[{index}]")));
            }
        }
        Shape::List(shape) => flat_value(list, shape, node, path),
        Shape::Text
        | Shape::Secret
        | Shape::Boolean
        | Shape::Integer(..)
        | Shape::Duration
        | Shape::Choice(_)
        | Shape::Anything => list.push(json!({
            "option": path,
            "value": json_value(shape, node),
            "origin": node.origin.to_string(),
        })),
    }
}

fn json_value(shape: &Shape, node: &Node) -> Json {
    let text = node.text().unwrap_or_default();
    match shape {
        Shape::Secret => Json::from("(hidden)"),
        Shape::Boolean => Json::from(scalar::boolean(text).unwrap_or(false)),
        Shape::Integer(..) => scalar::integer(text).map_or(Json::Null, Json::from),
        Shape::Duration => scalar::duration(text).map_or(Json::Null, |duration| {
            Json::from(scalar::show_duration(duration))
        }),
        Shape::Anything => json!({}),
        Shape::Text if !node.items().is_empty() || !node.entries().is_empty() => node.to_json(),
        Shape::Text | Shape::Choice(_) | Shape::List(_) | Shape::Map(_) | Shape::Section(_) => {
            Json::from(without_password(text))
        }
    }
}
