//! What was said and does not do what its author thinks: keys that nobody knows, options
//! that are gone, and options that are not built yet.

use crate::node::{Content, Entry, Node};
use crate::reader::{Remark, join};
use crate::shape::{Declared, Section, Shape, State};

/// What there is to say about a tree.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) warnings: Vec<Remark>,
    pub(crate) errors: Vec<Remark>,
}

// === impl Said ===

impl Said {
    /// Looks through the tree before defaults are put in.
    pub(crate) fn look(&mut self, section: &Section, node: &Node, path: &str) {
        let is_auth = path == "auth" || path.starts_with("wharfinger.auth");
        for entry in node.entries() {
            let option = join(path, &entry.key);
            match section.option(&entry.key) {
                // Somebody wanted to keep others out: serving everybody would be worse.
                None if is_auth => {
                    let mut remark = unknown(section, entry, option);
                    remark.text = remark.text.replace(": ignored", "");
                    self.errors.push(remark);
                }
                None => self.warnings.push(unknown(section, entry, option)),
                Some(declared) => self.option(declared, entry, &option),
            }
        }
    }

    fn option(&mut self, option: &Declared, entry: &Entry, path: &str) {
        let remark = |text: String| Remark {
            origin: entry.origin.clone(),
            option: path.to_owned(),
            text,
        };
        match option.state {
            State::Works => self.value(option.shape, &entry.node, path),
            // Nobody looks at what is in there.
            State::NoEffect => {}
            State::NotBuilt => {
                if is_used(&entry.node) {
                    self.warnings.push(remark(format!(
                        "not built into this version yet, and left alone: {}",
                        first_line(option.meaning)
                    )));
                }
            }
            State::Refused => {
                let text = "not built into this version yet, and serving without it would be \
                            wrong: take it out, or stay with the registry that has it";
                self.errors.push(remark(text.to_owned()));
            }
            State::Gone => {
                if is_used(&entry.node) {
                    self.warnings.push(remark(first_line(option.meaning)));
                }
            }
        }
    }

    fn value(&mut self, shape: &Shape, node: &Node, path: &str) {
        match shape {
            Shape::Section(section) => self.look(section, node, path),
            Shape::List(item) => {
                for (index, node) in node.items().iter().enumerate() {
                    self.value(item, node, &join(path, &format!("[{index}]")));
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
}

/// Whether it asks for anything: what is empty, off or disabled does not.
fn is_used(node: &Node) -> bool {
    match &node.content {
        Content::Null => false,
        Content::Scalar(text) => {
            !text.is_empty() && crate::scalar::boolean(text) != Some(false) && text != "0"
        }
        Content::List(items) => items.iter().any(is_used),
        Content::Map(entries) => {
            let says = |key: &str, value: bool| {
                node.get(key)
                    .and_then(Node::text)
                    .and_then(crate::scalar::boolean)
                    == Some(value)
            };
            !says("disabled", true)
                && !says("enabled", false)
                && entries.iter().any(|entry| is_used(&entry.node))
        }
    }
}

fn unknown(section: &Section, entry: &Entry, option: String) -> Remark {
    let near = section
        .options
        .iter()
        .map(|option| option.key)
        .max_by(|a, b| near(a, &entry.key).total_cmp(&near(b, &entry.key)))
        .filter(|key| near(key, &entry.key) > NEAR);
    let text = near.map_or_else(
        || "no such option: ignored".to_owned(),
        |near| format!("no such option: ignored; did you mean `{near}`?"),
    );
    Remark {
        origin: entry.origin.clone(),
        option,
        text,
    }
}

fn near(known: &str, given: &str) -> f64 {
    strsim::jaro_winkler(known, &given.to_ascii_lowercase())
}

/// A doc comment's lines have a space before them.
pub(crate) fn first_line(meaning: &str) -> String {
    meaning.lines().next().unwrap_or_default().trim().to_owned()
}

/// From here on two names look alike.
const NEAR: f64 = 0.8;
