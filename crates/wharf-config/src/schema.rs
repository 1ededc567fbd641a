//! The table as a JSON Schema, for editors.

use serde_json::{Map, Value as Json, json};

use crate::options::ROOT;
use crate::shape::{Declared, Section, Shape, State};
use crate::yaml;

/// A JSON Schema (draft 2020-12) of `config.yml`. Unknown keys are allowed, as they are
/// when the file is read.
#[must_use]
pub fn json_schema() -> Json {
    let mut schema = section(ROOT);
    if let Json::Object(schema) = &mut schema {
        schema.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        schema.insert("title".to_owned(), json!("Configuration of Wharfinger"));
        schema.insert("required".to_owned(), json!(["version", "storage"]));
    }
    schema
}

fn section(section: &Section) -> Json {
    let properties: Map<_, _> = section
        .options
        .iter()
        .map(|option| (option.key.to_owned(), describe(option)))
        .collect();
    let object = json!({"type": ["object", "null"], "properties": properties});
    if section.bare {
        json!({"anyOf": [object, {"type": "string"}]})
    } else {
        object
    }
}

fn describe(option: &Declared) -> Json {
    let mut described = shape(option.shape);
    if let Json::Object(described) = &mut described {
        let mut meaning = lines(option.meaning);
        if let Some(remark) = option.state.remark() {
            meaning = format!("{meaning} ({remark})");
        }
        described.insert("description".to_owned(), json!(meaning));
        if option.state == State::Gone {
            described.insert("deprecated".to_owned(), json!(true));
        }
        if let Some(default) = option.default {
            let text = yaml::parse(default, &crate::Origin::Default)
                .ok()
                .and_then(|node| node.text().map(str::to_owned));
            described.insert("default".to_owned(), json!(text));
        }
    }
    described
}

fn shape(shape: &Shape) -> Json {
    match shape {
        // An empty one is as good as none.
        Shape::Text | Shape::Secret => json!({"type": ["string", "number", "null"]}),
        Shape::Boolean => json!({"type": ["boolean", "null"]}),
        Shape::Integer(from, to) if *to == i64::MAX => {
            json!({"type": ["integer", "null"], "minimum": from})
        }
        Shape::Integer(from, to) => {
            json!({"type": ["integer", "null"], "minimum": from, "maximum": to})
        }
        Shape::Duration => json!({"type": ["string", "integer", "null"]}),
        Shape::Choice(words) => {
            let words: Vec<_> = words
                .iter()
                .map(|word| json!(word))
                .chain([Json::Null])
                .collect();
            json!({"enum": words})
        }
        Shape::List(item) => json!({"type": ["array", "null"], "items": self::shape(item)}),
        Shape::Map(value) => {
            json!({"type": ["object", "null"], "additionalProperties": self::shape(value)})
        }
        Shape::Anything => json!({}),
        Shape::Section(inner) => section(inner),
    }
}

/// A doc comment as one line.
pub(crate) fn lines(meaning: &str) -> String {
    let lines: Vec<_> = meaning.lines().map(str::trim).collect();
    lines.join(" ")
}
