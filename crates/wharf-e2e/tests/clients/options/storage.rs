//! `storage`, `catalog`, `tags` and `wharfinger.durability`

use serde_json::json;
use wharf_e2e::digest::sha256;

use super::case::{Case, case};
use super::look::Look;
use super::manifests;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "storage.filesystem.rootdirectory",
            json!("{scratch}/elsewhere"),
            |look| {
                look.upload();
                look.directory().join("elsewhere/docker").is_dir()
            },
        ),
        case("storage.inmemory", json!({}), |look| {
            look.upload();
            !look.data().join("docker").exists()
        })
        .with("storage", json!({}))
        .instead("storage.filesystem.rootdirectory", json!("{data}")),
        case("wharfinger.durability", json!("none"), |look| {
            // What it saves is seen by pulling the plug only.
            look.logs("power loss may destroy the storage")
        }),
        case("storage.delete.enabled", json!(true), |look| {
            let digest = sha256(b"");
            let target = format!("/v2/a/b/blobs/uploads/?digest={digest}");
            look.http().post(&target).expect(201);
            let blob = format!("/v2/a/b/blobs/{digest}");
            look.http().delete(&blob).send().status == 202
        }),
        case(
            "storage.maintenance.uploadpurging.enabled",
            json!(false),
            |look| {
                let upload = look.upload();
                look.stays_away(|| look.status(&upload) == 404)
            },
        )
        .with(
            "storage.maintenance.uploadpurging",
            json!({"age": "1ms", "interval": "1s"}),
        ),
        case(
            "storage.maintenance.uploadpurging.age",
            json!("1ms"),
            |look| !is_kept(look),
        )
        .with("storage.maintenance.uploadpurging.interval", json!("1s")),
        // The first one may come by chance within this time, but not the second.
        case(
            "storage.maintenance.uploadpurging.interval",
            json!("1s"),
            |look| look.comes(|| purges(look) > 1),
        ),
        case(
            "storage.maintenance.uploadpurging.dryrun",
            json!(true),
            is_kept,
        )
        .with(
            "storage.maintenance.uploadpurging",
            json!({"age": "1ms", "interval": "1s"}),
        ),
        case(
            "storage.maintenance.readonly.enabled",
            json!(true),
            |look| {
                let upload = look.http().post("/v2/a/b/blobs/uploads/").send();
                upload.status == 405
            },
        ),
        case("catalog.maxentries", json!(5), |look| {
            look.status("/v2/_catalog?n=6") == 400
        }),
        case("tags.maxtags", json!(1), |look| {
            for tag in ["one", "two"] {
                assert_eq!(
                    manifests::push(look, tag, &manifests::image(look, &json!([]))),
                    201
                );
            }
            let tags = look.http().get("/v2/a/b/tags/list?n=2").expect(200);
            tags.json()["tags"] == json!(["one"])
        }),
    ]
}

/// Purges that have come to their end.
fn purges(look: &Look<'_>) -> usize {
    look.log().matches("msg=purged").count()
}

/// Whether an upload outlives two purges.
fn is_kept(look: &Look<'_>) -> bool {
    let upload = look.upload();
    // One may be under way.
    let enough = purges(look) + 2;
    look.wait(|| purges(look) >= enough);
    look.status(&upload) == 204
}
