//! `storage.gcs`, on a server that does what Google's documentation says

use serde_json::{Value, json};
use wharf_e2e::between::Event;
use wharf_e2e::google::Google;

use super::buckets::{Effect, LARGE, asks, push};
use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        // Without a key of its own, it takes Google's default.
        of("storage.gcs.bucket", json!(Google::BUCKET), pushes, |_| {
            Value::Null
        })
        .variable("GOOGLE_APPLICATION_CREDENTIALS", "{googlekeyfile}")
        .needed("bucket: "),
        of(
            "storage.gcs.keyfile",
            json!("{googlekeyfile}"),
            pushes,
            |_| Value::Null,
        )
        .variable("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
        .needed("look at GOOGLE_APPLICATION_CREDENTIALS"),
        of(
            "storage.gcs.credentials.type",
            json!("service_account"),
            pushes,
            key,
        )
        .needed("credentials.type: "),
        of(
            "storage.gcs.credentials.private_key",
            json!("{googlekey}"),
            pushes,
            key,
        )
        .needed("credentials.private_key: "),
        of(
            "storage.gcs.credentials.client_email",
            json!(Google::ACCOUNT),
            pushes,
            key,
        )
        .needed("credentials.client_email: "),
        // Google would not know which key it is.
        of(
            "storage.gcs.credentials.private_key_id",
            json!(Google::KEY_NAME),
            pushes,
            key,
        ),
        of(
            "storage.gcs.rootdirectory",
            json!("{scratch}"),
            |look| pushes(look) && asked(look, "/data"),
            key,
        ),
        of(
            "storage.gcs.chunksize",
            json!(5 << 20),
            |look| push(look, LARGE).is_some() && asked(look, "partnumber=3"),
            key,
        ),
        of(
            "storage.gcs.useragent",
            json!("Our registry"),
            |look| pushes(look) && asked(look, "user-agent: our registry"),
            key,
        ),
        of(
            "storage.gcs.maxconcurrency",
            json!(25),
            |look| {
                std::thread::scope(|scope| {
                    for number in 0..60 {
                        let list = format!("/v2/slow/{number}/tags/list");
                        scope.spawn(move || look.status(&list));
                    }
                });
                most_at_once(look) <= 25
            },
            key,
        ),
    ]
}

/// What is needed for a bucket, but what is tried. `key` gives the section `credentials`.
fn of(option: &'static str, value: Value, effect: Effect, key: fn(&str) -> Value) -> Case {
    let tried = option.trim_start_matches("storage.gcs.");
    let mut section = json!({
        "bucket": Google::BUCKET,
        // So that one server's requests can be told from another's.
        "rootdirectory": "{scratch}",
        "credentials": key(tried.trim_start_matches("credentials.")),
    });
    if let Some(section) = section.as_object_mut() {
        section.retain(|name, value| name != tried && !value.is_null());
    }
    case(option, value, effect)
        .with("storage", json!({"gcs": section}))
        .variable("STORAGE_EMULATOR_HOST", "{google}")
}

/// The account's key, but for this part of it.
fn key(tried: &str) -> Value {
    let mut key = json!({
        "type": "service_account",
        "private_key_id": Google::KEY_NAME,
        "private_key": "{googlekey}",
        "client_email": Google::ACCOUNT,
    });
    if let Some(key) = key.as_object_mut() {
        key.remove(tried);
    }
    key
}

fn pushes(look: &Look<'_>) -> bool {
    push(look, 100).is_some()
}

fn asked(look: &Look<'_>, text: &str) -> bool {
    asks(look, look.surroundings.google()).any(|head| head.contains(text))
}

/// How many lists of what is called slow have been asked for at once.
fn most_at_once(look: &Look<'_>) -> usize {
    // In a query it is encoded, and only its letters and digits are sure to be seen.
    let name = look.directory().display().to_string().to_ascii_lowercase();
    let name = name.rsplit('-').next().unwrap_or_default();
    let is_list = |head: &str| head.contains(name) && head.contains("slow");
    let (mut now, mut most) = (0_usize, 0);
    for event in look.surroundings.google().events() {
        match event {
            Event::Asked(head) if is_list(&head) => now += 1,
            Event::Answered(head) if is_list(&head) => now -= 1,
            Event::Asked(_) | Event::Answered(_) => {}
        }
        most = most.max(now);
    }
    assert!(most > 0, "nothing was asked for");
    most
}
