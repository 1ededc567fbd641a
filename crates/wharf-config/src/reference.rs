//! The table as a page for people: `docs/configuration.md`.

use std::fmt::Write as _;

use crate::environment::{NOT_OPTIONS, PREFIX};
use crate::schema::lines;
use crate::shape::{Declared, Shape};
use crate::table::{Row, table};

/// The reference of all options, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    let rows = table();
    let is_top = |row: &&Row| !row.option.contains('.');
    page.push_str("\n## At the top\n\n");
    page.push_str(HEAD);
    for row in rows.iter().filter(is_top).filter(|row| !row.is_section()) {
        page.push_str(&line(row));
    }
    for section in rows.iter().filter(is_top).filter(|row| row.is_section()) {
        let meaning = lines(section.declared.meaning);
        let remark = remark(section.declared);
        let _ = write!(
            page,
            "\n## {}\n\n{meaning}{remark}\n\n{HEAD}",
            section.option
        );
        let below = format!("{}.", section.option);
        for row in rows.iter().filter(|row| row.option.starts_with(&below)) {
            page.push_str(&line(row));
        }
    }
    page
}

fn line(row: &Row) -> String {
    let option = row.declared;
    let default = option.default.map_or_else(String::new, |default| {
        format!("`{}`", default.trim_matches('\''))
    });
    format!(
        "| `{}`{} | {} | {default} | {} | {}{} |\n",
        row.option,
        variable(row),
        kind(option.shape),
        option.since,
        lines(option.meaning),
        remark(option),
    )
}

fn variable(row: &Row) -> String {
    let name = &row.variable;
    if NOT_OPTIONS
        .iter()
        .any(|rest| *name == format!("{PREFIX}{rest}"))
    {
        return String::new();
    }
    let name = match row.declared.shape {
        Shape::Map(_) => format!("{name}_<NAME>"),
        Shape::List(Shape::Section(_)) => name.clone(),
        Shape::List(_) => format!("{name}_0"),
        Shape::Text
        | Shape::Secret
        | Shape::Boolean
        | Shape::Integer(..)
        | Shape::Duration
        | Shape::Choice(_)
        | Shape::Anything
        | Shape::Section(_) => name.clone(),
    };
    format!("<br>`{name}`")
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Secret => "secret text".to_owned(),
        Shape::Boolean => "true, false".to_owned(),
        Shape::Integer(..) => "whole number".to_owned(),
        Shape::Duration => "duration".to_owned(),
        Shape::Choice(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(", ")
        }
        Shape::List(Shape::Section(_)) => "list of sections".to_owned(),
        Shape::List(item) => format!("list of {}", kind(item)),
        Shape::Map(value) => format!("{} by name", kind(value)),
        Shape::Anything => "anything".to_owned(),
        Shape::Section(_) => "section".to_owned(),
    }
}

fn remark(option: &Declared) -> String {
    let names = option
        .environment
        .map(|name| format!(" In a variable also `{name}`."))
        .unwrap_or_default();
    let state = option
        .state
        .remark()
        .map(|remark| format!(" *({remark})*"))
        .unwrap_or_default();
    format!("{names}{state}")
}

const HEAD: &str = "| option | type | default | since | what it is for |\n|---|---|---|---|---|\n";

const INTRODUCTION: &str = "\
# Configuration

The format is that of Docker's registry (distribution), versions 2 and 3: the same `config.yml` \
and the same `REGISTRY_*` variables. `wharf serve CONFIG` reads the file; without the argument \
`REGISTRY_CONFIGURATION_PATH` names it; without either, `wharf serve` keeps images in \
`./wharfinger-data` and listens on `127.0.0.1:5000`.

- `wharf config check CONFIG` says what is wrong, with the line; `wharf config print CONFIG` \
shows every value and where it came from; `wharf config schema` is a JSON Schema for editors.
- A variable wins over the file, a flag of the command line over both. Its name is `REGISTRY_` \
and the path of the option in capitals, joined by `_`; an item of a list goes by its number \
(from 0; the next one after the last makes a new one), a name of your own as it is. Its value \
is YAML: `true`, `10s`, `[a, b]`, `{a: b}`.
- A variable may set a whole section: `REGISTRY_STORAGE=inmemory` replaces all of `storage`.
- What is not known is ignored with a warning. Durations are written `90s`, `1h30m`, `168h`; `7d` as well, which distribution does not know. `\"true\"` in quotes is true as well.
- \"since\" is the version of distribution that brought the option; `wharfinger` marks our own.

This page is made from the table of options by `cargo xtask docs`.
";
