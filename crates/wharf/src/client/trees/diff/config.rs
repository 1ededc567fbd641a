//! Configurations and manifests of two images, as far as they do not speak of layers.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};
use wharf_image::Image;

/// Something that differs.
#[derive(Debug, Serialize)]
pub(super) struct Setting {
    /// Where it stands, as `config.Env.PATH`.
    pub(super) key: String,
    /// What the first image says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Value>,
    /// What the second one says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Value>,
}

type Settings = BTreeMap<String, Value>;

pub(super) fn compare(before: &Image, after: &Image, ignores_times: bool) -> Result<Vec<Setting>> {
    let mut before = settings(before, ignores_times)?;
    let mut after = settings(after, ignores_times)?;
    after.retain(|key, value| match before.get(key) {
        Some(other) if other == value => before.remove(key).is_none(),
        _ => true,
    });
    let mut changed: BTreeMap<String, Setting> = BTreeMap::new();
    for (key, value) in before {
        let (before, after) = (Some(value), after.remove(&key));
        let setting = Setting {
            key: key.clone(),
            before,
            after,
        };
        changed.insert(key, setting);
    }
    for (key, value) in after {
        let setting = Setting {
            key: key.clone(),
            before: None,
            after: Some(value),
        };
        changed.insert(key, setting);
    }
    Ok(changed.into_values().collect())
}

fn settings(image: &Image, ignores_times: bool) -> Result<Settings> {
    let config = serde_json::from_slice(&image.config_bytes);
    let mut config: Map<String, Value> = config.context("the configuration is no JSON object")?;
    // That are the layers.
    config.remove("rootfs");
    if ignores_times {
        config.remove("created");
        let steps = config.get_mut("history").and_then(Value::as_array_mut);
        for step in steps.into_iter().flatten().filter_map(Value::as_object_mut) {
            step.remove("created");
        }
    }
    let mut found = Settings::new();
    for (key, value) in config {
        flatten(&key, value, &mut found);
    }
    for (key, value) in image.manifest.annotations() {
        found.insert(format!("annotations.{key}"), json!(value));
    }
    let media_type = image.manifest.media_type().as_str();
    found.insert("mediaType".to_owned(), json!(media_type));
    Ok(found)
}

/// Objects by their keys, and the environment by its names. What is empty is as good as missing:
/// builders differ in what they leave out.
fn flatten(key: &str, value: Value, found: &mut Settings) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::Bool(false) => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Array(list) if key == "config.Env" => {
            for entry in list {
                let text = entry.as_str().unwrap_or_default();
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                found.insert(format!("{key}.{name}"), json!(value));
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                let key = format!("{key}.{name}");
                match value {
                    // A volume and a port are there by being named.
                    Value::Object(empty) if empty.is_empty() => {
                        found.insert(key, json!({}));
                    }
                    value => flatten(&key, value, found),
                }
            }
        }
        value => {
            found.insert(key.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_keys_of_their_own() {
        let mut found = Settings::new();
        let config = json!({
            "Env": ["PATH=/bin", "A=b=c", "NONE"], "Labels": {"a.b": "c"}, "Cmd": ["sh"],
            "User": "", "Volumes": {"/data": {}}, "Entrypoint": null, "OnBuild": [],
        });
        flatten("config", config, &mut found);
        let found: Vec<_> = found
            .into_iter()
            .map(|(key, it)| format!("{key} {it}"))
            .collect();
        assert_eq!(
            found,
            [
                r#"config.Cmd ["sh"]"#,
                r#"config.Env.A "b=c""#,
                r#"config.Env.NONE """#,
                r#"config.Env.PATH "/bin""#,
                r#"config.Labels.a.b "c""#,
                "config.Volumes./data {}",
            ]
        );
    }
}
