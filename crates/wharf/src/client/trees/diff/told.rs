//! Differences, as people and programs want to know them.

use serde_json::{Value, json};

use super::Differences;
use super::config::Setting;
use super::files::File;
use super::layers::Layer;
use crate::cli::client::Diff;
use crate::client::ask::printable;
use crate::collection::size;
use crate::terminal::say;

/// Characters of a value that people are shown.
const MOST: usize = 160;

pub(super) fn tell(arguments: &Diff, differences: &Differences) {
    if arguments.json {
        say(&format!("{:#}", as_json(arguments, differences)));
        return;
    }
    let digests = [&differences.before, &differences.after].map(|it| it.descriptor.digest);
    if differences.are_none() {
        say(match digests {
            [before, after] if before == after => "nothing differs: it is the same image",
            _ => "nothing differs but the text of the manifests",
        });
        return;
    }
    say(&format!(
        "- {}  {}",
        arguments.before, differences.before.descriptor.digest
    ));
    say(&format!(
        "+ {}  {}",
        arguments.after, differences.after.descriptor.digest
    ));
    section("layers", differences.layers.iter().map(layer));
    let files = differences.files.iter().flatten();
    section("files", files.map(file));
    section("configuration", differences.settings.iter().map(setting));
}

fn section(name: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        say(&format!("\n{name}"));
        lines.for_each(|line| say(&format!("  {line}")));
    }
}

fn layer(layer: &Layer) -> String {
    match (&layer.before, &layer.after) {
        (Some(_), Some(it)) if layer.is_same() => format!("= {}  {}", it.digest, size(it.size)),
        (Some(before), Some(after)) => format!(
            "~ {} {} → {} {}, with the same in it",
            before.digest,
            size(before.size),
            after.digest,
            size(after.size)
        ),
        (Some(it), None) => format!("- {}  {}", it.digest, size(it.size)),
        (None, Some(it)) => format!("+ {}  {}", it.digest, size(it.size)),
        (None, None) => String::new(),
    }
}

fn file(file: &File) -> String {
    let path = printable(&file.path);
    match (&file.before, &file.after) {
        (Some(before), Some(after)) => {
            let what =
                file.what
                    .iter()
                    .map(|what| match (before.property(what), after.property(what)) {
                        (Some(before), Some(after)) => format!("{what} {before} → {after}"),
                        _ => (*what).to_owned(),
                    });
            format!("~ /{path}: {}", what.collect::<Vec<_>>().join(", "))
        }
        (Some(node), None) => format!("- /{path}: {}", node.summary()),
        (None, Some(node)) => format!("+ /{path}: {}", node.summary()),
        (None, None) => String::new(),
    }
}

fn setting(setting: &Setting) -> String {
    let key = printable(&setting.key);
    match (&setting.before, &setting.after) {
        (Some(before), Some(after)) => format!("~ {key}: {} → {}", short(before), short(after)),
        (Some(value), None) => format!("- {key}: {}", short(value)),
        (None, Some(value)) => format!("+ {key}: {}", short(value)),
        (None, None) => String::new(),
    }
}

fn short(value: &Value) -> String {
    let text = printable(&value.to_string());
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST).chain(['…']).collect()
}

fn as_json(arguments: &Diff, differences: &Differences) -> Value {
    let Differences {
        before,
        after,
        layers,
        files,
        settings,
    } = differences;
    json!({
        "same": differences.are_none(),
        "before": { "place": arguments.before.to_string(), "digest": before.descriptor.digest },
        "after": { "place": arguments.after.to_string(), "digest": after.descriptor.digest },
        "layers": layers,
        "files": files,
        "configuration": settings,
    })
}
