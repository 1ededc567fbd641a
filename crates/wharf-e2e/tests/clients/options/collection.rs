//! `wharfinger.collection`

use std::time::Duration;

use serde_json::json;
use wharf_e2e::digest::sha256;

use super::case::{Case, case};
use super::look::Look;
use super::manifests;

pub(super) fn cases() -> Vec<Case> {
    let often = json!({"interval": "1s", "grace": "0s"});
    vec![
        case("wharfinger.collection.enabled", json!(false), |look| {
            look.stays_away(|| collections(look) > 0)
        })
        .with("wharfinger.collection", often.clone()),
        // The first one may come by chance within this time, but not the second.
        case("wharfinger.collection.interval", json!("1s"), |look| {
            look.comes(|| collections(look) > 1)
        }),
        case("wharfinger.collection.grace", json!("0s"), |look| {
            let blob = garbage(look);
            look.comes(|| !look.data().join(&blob).exists())
        })
        .with("wharfinger.collection.interval", json!("1s")),
        case("wharfinger.collection.operations", json!(1), |look| {
            // Some repositories to look at: that takes a good while then.
            for _ in 0..3 {
                garbage(look);
            }
            look.stays_away(|| look.logs("blobs=1"))
        })
        .with("wharfinger.collection", often.clone()),
        case("wharfinger.collection.bytes", json!(1), |look| {
            // Both go: a long time passes between the one and the other.
            let blobs = [garbage(look), other_garbage(look)];
            look.stays_away(|| blobs.iter().all(|blob| !look.data().join(blob).exists()))
        })
        .with("wharfinger.collection", often.clone()),
        case(
            "wharfinger.collection.untagged[0].repositories",
            json!(["a/**"]),
            goes_without_a_tag,
        )
        .with("wharfinger.collection", often.clone())
        .with("wharfinger.collection.untagged[0].age", json!("1s")),
        case(
            "wharfinger.collection.untagged[0].age",
            json!("1s"),
            goes_without_a_tag,
        )
        .with("wharfinger.collection", often)
        .with(
            "wharfinger.collection.untagged[0].repositories",
            json!(["a/**"]),
        ),
    ]
}

/// Collections that have come to their end.
fn collections(look: &Look<'_>) -> usize {
    look.log().matches("msg=collected").count()
}

/// Where the data of a blob is that no manifest needs.
fn garbage(look: &Look<'_>) -> String {
    push(look, "garbage")
}

fn other_garbage(look: &Look<'_>) -> String {
    push(look, "more garbage")
}

fn push(look: &Look<'_>, content: &str) -> String {
    let digest = sha256(content.as_bytes());
    let target = format!("/v2/a/b/blobs/uploads/?digest={digest}");
    look.http()
        .post(&target)
        .body(content.to_owned())
        .expect(201);
    let hex = digest.trim_start_matches("sha256:");
    format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2])
}

/// Makes a manifest without a tag that nobody has touched for long, and looks whether it goes.
fn goes_without_a_tag(look: &Look<'_>) -> bool {
    let image = manifests::image(look, &json!([]));
    let digest = sha256(image.to_string().as_bytes());
    assert_eq!(manifests::push(look, &digest, &image), 201);
    let hex = digest.trim_start_matches("sha256:");
    let link =
        format!("docker/registry/v2/repositories/a/b/_manifests/revisions/sha256/{hex}/link");
    let link = look.data().join(link);
    // Beside a server it stays for ten minutes at least.
    let file = std::fs::File::options().write(true).open(&link).unwrap();
    let old = std::time::SystemTime::now() - Duration::from_mins(11);
    file.set_modified(old).unwrap();
    look.comes(|| !link.exists())
}
