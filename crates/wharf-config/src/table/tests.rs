//! Every option of the table is read, from the file and from a variable.

use super::*;
use crate::node::Node;
use crate::options::Config;
use crate::reader::Reader;
use crate::value::Value as _;
use crate::{Origin, defaults, environment};

/// What is read from these variables; nothing where something has to be said that is not.
fn read(variables: &[(String, String)]) -> Option<Config> {
    let mut tree = Node::empty_map(Origin::Default);
    let (warnings, errors) = environment::apply(ROOT, &mut tree, variables);
    assert!(
        warnings.is_empty() && errors.is_empty(),
        "{warnings:?} {errors:?}"
    );
    let version = yaml("version: 0.1");
    let mut entries = tree.entries().to_vec();
    entries.extend(version.entries().iter().cloned());
    tree.content = crate::node::Content::Map(entries);
    defaults::fill(ROOT, &mut tree);
    Config::read(&tree, &mut Reader::default())
}

/// What has to be said beside an option for its section to be whole.
fn companions(rows: &[Row], row: &Row) -> Vec<(String, String)> {
    let needed = |other: &&Row| {
        let Some((parent, _)) = other.option.rsplit_once('.') else {
            return false;
        };
        let declared = other.declared;
        matches!(
            declared.shape,
            Shape::Text | Shape::Secret | Shape::Choice(_)
        ) && declared.default.is_none()
            && !declared.optional
            && other.option != row.option
            && row.option.starts_with(&format!("{parent}."))
    };
    rows.iter()
        .filter(needed)
        .map(|row| (row.variable.clone(), sample(row.declared.shape, None)))
        .collect()
}

/// A value that is not the default.
fn sample(shape: &Shape, default: Option<&str>) -> String {
    match shape {
        Shape::Text | Shape::Secret => "sample".to_owned(),
        Shape::Boolean => (default != Some("true")).to_string(),
        Shape::Integer(..) => "77".to_owned(),
        Shape::Duration => "77m".to_owned(),
        Shape::Choice(words) => {
            let other = words.iter().find(|word| Some(**word) != default);
            (*other.unwrap()).to_owned()
        }
        Shape::List(item) => format!("[{}]", sample(item, None)),
        Shape::Map(value) => format!("{{name: {}}}", sample(value, None)),
        Shape::Anything | Shape::Section(_) => "{}".to_owned(),
    }
}

fn yaml(text: &str) -> Node {
    crate::yaml::parse(text, &Origin::Default).unwrap()
}

#[test]
fn every_default_is_one_of_its_kind() {
    assert_eq!(read(&[]).unwrap().http.addr, ":5000");
    for row in table() {
        if let Some(default) = row.declared.default {
            assert!(!yaml(default).is_empty(), "{}", row.option);
        }
    }
}

#[test]
fn every_variable_sets_its_option_and_no_other() {
    let rows = table();
    for row in &rows {
        if row.is_section() || row.option == "version" {
            continue;
        }
        let others = companions(&rows, row);
        let without = read(&others);
        let names = row.declared.environment_names().map(|last| {
            let own = row.declared.key.to_ascii_uppercase();
            let stem = row.variable.strip_suffix(&own).unwrap();
            format!("{stem}{last}")
        });
        for name in names {
            let mut variables = others.clone();
            let value = sample(row.declared.shape, row.declared.default);
            variables.push((name.clone(), value.clone()));
            let with = read(&variables);
            assert!(with.is_some(), "{name}={value} is refused");
            assert_ne!(with, without, "{name}={value} changes nothing");
        }
    }
}

#[test]
fn every_option_of_the_file_is_read_as_its_variable_is() {
    let rows = table();
    for row in &rows {
        if row.is_section() || row.option == "version" {
            continue;
        }
        let value = sample(row.declared.shape, row.declared.default);
        let mut variables = companions(&rows, row);
        variables.push((row.variable.clone(), value.clone()));
        let by_variable = read(&variables).unwrap();
        let mut file = yaml("version: 0.1");
        for (variable, value) in &variables {
            let said = rows.iter().find(|row| row.variable == *variable).unwrap();
            put(&mut file, &said.option, yaml(value));
        }
        defaults::fill(ROOT, &mut file);
        let by_file = Config::read(&file, &mut Reader::default()).unwrap();
        assert_eq!(by_file, by_variable, "{}: {value}", row.option);
    }
}

/// Writes a value where the path says, as its author would.
fn put(node: &mut Node, path: &str, value: Node) {
    let Some((key, rest)) = path.split_once('.') else {
        *crate::node::entry(node.entries_mut().unwrap(), path, &Origin::Default) = value;
        return;
    };
    let list = key.strip_suffix("[0]");
    let entries = node.entries_mut().unwrap();
    let mut below = crate::node::entry(entries, list.unwrap_or(key), &Origin::Default);
    if list.is_some() {
        let items = below.items_mut().unwrap();
        if items.is_empty() {
            items.push(Node::null(Origin::Default));
        }
        below = &mut items[0];
    }
    put(below, rest, value);
}
