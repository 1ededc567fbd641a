//! What an unpacking did, and what somebody needs to run it.

use serde_json::{Value, json};
use wharf_image::Image;
use wharf_layers::{Notice, Report, chain_id};

use crate::cli::client::Unpack;
use crate::client::ask::printable;
use crate::client::words::platform;
use crate::collection::size;
use crate::terminal::{counted, say, warn};

pub(super) fn tell(arguments: &Unpack, image: &Image, report: &Report) {
    if arguments.json {
        say(&format!("{:#}", as_json(arguments, image, report)));
    } else if !arguments.quiet {
        lines(arguments, image, report)
            .iter()
            .for_each(|line| say(line));
        for (notice, count) in &report.notices {
            let times = counted(*count, "time", "times");
            warn(&format!("note: {notice} ({times})"));
        }
    }
}

fn lines(arguments: &Unpack, image: &Image, report: &Report) -> Vec<String> {
    let sum = |of: fn(&wharf_layers::LayerReport) -> u64| {
        report.layers.iter().map(of).fold(0, u64::saturating_add)
    };
    let mut lines = vec![
        format!(
            "{} is in {}",
            arguments.place,
            arguments.directory.display()
        ),
        format!("image ID  {}", image.config.digest),
        format!("manifest  {}", image.descriptor.digest),
        format!("platform  {}", platform(&image.platform)),
        format!(
            "layers    {}: {} in {}, {} compressed",
            image.layers.len(),
            size(sum(|layer| layer.uncompressed)),
            counted(sum(|layer| layer.entries), "entry", "entries"),
            size(sum(|layer| layer.compressed)),
        ),
    ];
    let config: Value = serde_json::from_slice(&image.config_bytes).unwrap_or_default();
    let run = |key: &str| config.get("config").and_then(|run| run.get(key));
    let words = |key: &str| run(key).and_then(Value::as_array).cloned();
    let words = |key: &str| words(key).unwrap_or_default();
    let command: Vec<_> = [words("Entrypoint"), words("Cmd")]
        .concat()
        .iter()
        .filter_map(Value::as_str)
        .map(quoted)
        .collect();
    let text = |key: &str| printable(run(key).and_then(Value::as_str).unwrap_or_default());
    for (name, value) in [
        ("runs", command.join(" ")),
        ("in", text("WorkingDir")),
        ("as", text("User")),
    ] {
        if !value.is_empty() {
            lines.push(format!("{name:8}  {value}"));
        }
    }
    lines
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", printable(word).replace('\'', "'\\''"))
}

fn as_json(arguments: &Unpack, image: &Image, report: &Report) -> Value {
    let layers = report.layers.iter().zip(&image.layers);
    let layers: Vec<_> = layers
        .map(|(layer, (descriptor, _))| {
            json!({
                "digest": descriptor.digest,
                "mediaType": descriptor.media_type,
                "diffId": layer.diff_id,
                "compressed": layer.compressed,
                "uncompressed": layer.uncompressed,
                "entries": layer.entries,
            })
        })
        .collect();
    let notices = report.notices.iter();
    let notices: Vec<_> = notices
        .map(|(notice, count)| {
            json!({ "notice": name(*notice), "text": notice.to_string(), "count": count })
        })
        .collect();
    let diff_ids: Vec<_> = image.layers.iter().map(|(_, diff_id)| *diff_id).collect();
    json!({
        "place": arguments.place.to_string(),
        "directory": arguments.directory.display().to_string(),
        "id": image.config.digest,
        "manifest": image.descriptor.digest,
        "platform": image.platform,
        "chainId": chain_id(&diff_ids),
        "layers": layers,
        "notices": notices,
    })
}

const fn name(notice: Notice) -> &'static str {
    match notice {
        Notice::OwnerKept => "ownerKept",
        Notice::SetIdDropped => "setIdDropped",
        Notice::DeviceSkipped => "deviceSkipped",
        Notice::XattrSkipped => "xattrSkipped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, expected) in [
            ("/bin/sh", "/bin/sh"),
            ("-c", "-c"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$HOME\n", "'$HOME '"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
