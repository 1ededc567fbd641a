//! `REGISTRY_*`: each variable names an option by its path, and its value is YAML.

use std::sync::Arc;

use crate::defaults::unfold;
use crate::node::{Content, Entry, Node, entry};
use crate::reader::Remark;
use crate::shape::{Section, Shape};
use crate::{Origin, yaml};

/// What became of a variable.
enum Outcome {
    Set,
    /// There is no such option.
    Unknown,
    Wrong(String),
}

/// Puts the variables over the tree, in the order of their names, so that
/// `REGISTRY_STORAGE` comes before `REGISTRY_STORAGE_S3_BUCKET`.
pub(crate) fn apply(
    section: &Section,
    root: &mut Node,
    variables: &[(String, String)],
) -> (Vec<Remark>, Vec<Remark>) {
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    // Somebody may have meant that others are kept out by it.
    let of_clients = variables.iter().filter(|(name, _)| name == OF_CLIENTS);
    warnings.extend(of_clients.map(|(name, _)| Remark {
        origin: Origin::Environment(Arc::from(name.as_str())),
        option: String::new(),
        text:
            "where clients keep passwords; what a server asks for is auth.htpasswd.path".to_owned(),
    }));
    let mut variables: Vec<_> = variables
        .iter()
        .filter_map(|(name, value)| Some((name, name.strip_prefix(PREFIX)?, value)))
        .filter(|(_, rest, _)| !NOT_OPTIONS.contains(rest))
        .map(|(name, rest, value)| (name, plain(rest), value))
        .collect();
    variables.sort_by_key(|(_, rest, _)| order(rest));
    for (name, rest, value) in variables {
        let origin = Origin::Environment(Arc::from(name.as_str()));
        let variable = Variable { value, origin };
        let remark = |text| Remark {
            origin: variable.origin.clone(),
            option: String::new(),
            text,
        };
        match variable.set_section(section, root, &rest) {
            Outcome::Set => {}
            // Somebody wanted to keep others out: serving everybody would be worse.
            Outcome::Unknown if is_auth(&rest) && !is_of_kubernetes(&rest) => {
                errors.push(remark("no such option of auth".to_owned()));
            }
            Outcome::Unknown => warnings.push(remark("no such option: ignored".to_owned())),
            Outcome::Wrong(reason) => errors.push(remark(reason)),
        }
    }
    (warnings, errors)
}

/// Go has the options of Redis in a struct of their own, which stands in no file.
fn plain(rest: &str) -> String {
    rest.strip_prefix("REDIS_OPTIONS_")
        .map_or_else(|| rest.to_owned(), |option| format!("REDIS_{option}"))
}

/// By the parts of the name, numbers as numbers: `…_2` comes before `…_10`.
fn order(rest: &str) -> Vec<(bool, u64, String)> {
    let part = |part: &str| match part.parse() {
        Ok(number) => (false, number, String::new()),
        Err(_) => (true, 0, part.to_owned()),
    };
    rest.split('_').map(part).collect()
}

fn is_auth(rest: &str) -> bool {
    rest.starts_with("AUTH_") || rest.starts_with("WHARFINGER_AUTH_")
}

/// Whether Kubernetes sets such a variable for a service whose name begins as ours do.
fn is_of_kubernetes(rest: &str) -> bool {
    rest.split('_')
        .any(|part| matches!(part, "PORT" | "SERVICE"))
}

struct Variable<'a> {
    value: &'a str,
    origin: Origin,
}

// === impl Variable ===

impl Variable<'_> {
    fn set_section(&self, section: &Section, node: &mut Node, rest: &str) -> Outcome {
        if rest.is_empty() {
            return self.replace(node, |node| unfold(section, node));
        }
        // The longest name wins: some keys contain what separates them.
        let mut named: Vec<_> = section
            .options
            .iter()
            .flat_map(|option| option.environment_names().map(move |name| (name, option)))
            .filter_map(|(name, option)| {
                let rest = rest.strip_prefix(name.as_str())?;
                let rest = (rest.is_empty().then_some(rest)).or_else(|| rest.strip_prefix('_'))?;
                Some((name.len(), rest, option))
            })
            .collect();
        named.sort_unstable_by_key(|(length, ..)| std::cmp::Reverse(*length));
        for (_, rest, option) in named {
            let mut changed = node.clone();
            let Some(entries) = changed.entries_mut() else {
                return Outcome::Wrong("what it is part of is not a section".to_owned());
            };
            let below = entry(entries, option.key, &self.origin);
            match self.set(option.shape, below, rest) {
                Outcome::Unknown => {}
                outcome => {
                    *node = changed;
                    return outcome;
                }
            }
        }
        Outcome::Unknown
    }

    fn set(&self, shape: &Shape, node: &mut Node, rest: &str) -> Outcome {
        match shape {
            Shape::Section(section) => self.set_section(section, node, rest),
            Shape::List(item) => self.set_list(item, node, rest),
            Shape::Map(value) => self.set_map(value, node, rest),
            // Whatever it is called, it is somewhere in there.
            Shape::Anything if rest.is_empty() => self.replace(node, |_| {}),
            Shape::Anything => Outcome::Set,
            Shape::Text | Shape::Secret if rest.is_empty() => self.text(node),
            Shape::Boolean | Shape::Integer(..) | Shape::Duration | Shape::Choice(_)
                if rest.is_empty() =>
            {
                self.replace(node, |_| {})
            }
            Shape::Text
            | Shape::Secret
            | Shape::Boolean
            | Shape::Integer(..)
            | Shape::Duration
            | Shape::Choice(_) => Outcome::Unknown,
        }
    }

    /// `…_0_NAME`: an item by its number; the next one after the last makes a new one.
    fn set_list(&self, item: &Shape, node: &mut Node, rest: &str) -> Outcome {
        if rest.is_empty() {
            return self.replace(node, |_| {});
        }
        let (index, rest) = rest.split_once('_').unwrap_or((rest, ""));
        let Ok(index) = index.parse::<usize>() else {
            if is_of_kubernetes(index) {
                return Outcome::Unknown;
            }
            return Outcome::Wrong(format!("non-numeric index: {index}"));
        };
        let Some(items) = node.items_mut() else {
            return Outcome::Wrong("what it is part of is not a list".to_owned());
        };
        if index == items.len() {
            items.push(Node::null(self.origin.clone()));
        }
        match items.get_mut(index) {
            Some(node) => self.set(item, node, rest),
            None => Outcome::Wrong(format!("undefined index: {index}")),
        }
    }

    /// A name of the user's own: one that is there in other letters, else in small ones.
    fn set_map(&self, value: &Shape, node: &mut Node, rest: &str) -> Outcome {
        if rest.is_empty() {
            return self.replace(node, |_| {});
        }
        let indexed = match (value, rest.rsplit_once('_')) {
            (Shape::List(_), Some((key, index))) if index.parse::<usize>().is_ok() => {
                Some((key, index))
            }
            _ => None,
        };
        let (key, rest) = indexed.unwrap_or((rest, ""));
        let Some(entries) = node.entries_mut() else {
            return Outcome::Wrong("what it is part of is not a section".to_owned());
        };
        let known = entries
            .iter()
            .find(|entry: &&Entry| entry.key.eq_ignore_ascii_case(key));
        let key = known.map_or_else(|| key.to_ascii_lowercase(), |entry| entry.key.clone());
        self.set(value, entry(entries, &key, &self.origin), rest)
    }

    fn replace(&self, node: &mut Node, then: impl FnOnce(&mut Node)) -> Outcome {
        match yaml::parse(self.value, &self.origin) {
            Ok(value) => {
                *node = value;
                then(node);
                Outcome::Set
            }
            Err(error) => Outcome::Wrong(format!("the value is not YAML: {error}")),
        }
    }

    /// A text that happens to be no YAML, or more than one, was meant as it stands.
    fn text(&self, node: &mut Node) -> Outcome {
        let parsed = yaml::parse(self.value, &self.origin).ok();
        let scalar =
            parsed.filter(|node| matches!(node.content, Content::Null | Content::Scalar(_)));
        *node = scalar.unwrap_or_else(|| Node {
            origin: self.origin.clone(),
            content: Content::Scalar(self.value.to_owned()),
        });
        Outcome::Set
    }
}

/// What every variable of an option begins with.
pub(crate) const PREFIX: &str = "REGISTRY_";
/// Where clients, ours among them, keep their passwords.
const OF_CLIENTS: &str = "REGISTRY_AUTH_FILE";
/// The path of the file itself; the version, which distribution reads from the file only; and
/// what is not the server's.
pub(crate) const NOT_OPTIONS: [&str; 3] = ["CONFIGURATION_PATH", "VERSION", "AUTH_FILE"];
