//! `validation`, `policy` and `wharfinger.sparse`: which manifests are taken

use serde_json::{Value, json};
use wharf_e2e::digest::sha256;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX, descriptor};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("validation.disabled", json!(true), takes_a_sparse_index),
        case(
            "validation.manifests.urls.allow",
            json!(["^https://good[.]test/"]),
            refuses_a_url,
        ),
        case(
            "validation.manifests.urls.deny",
            json!(["^https://bad[.]test/"]),
            refuses_a_url,
        ),
        case(
            "validation.manifests.indexes.platforms",
            json!("none"),
            takes_a_sparse_index,
        ),
        case(
            "validation.manifests.indexes.platformlist[0].architecture",
            json!("amd64"),
            |look| !takes_a_sparse_index(look),
        )
        .with(
            "validation.manifests.indexes",
            json!({"platforms": "list", "platformlist": [{"os": "linux"}]}),
        )
        .instead(
            "validation.manifests.indexes.platformlist[0].architecture",
            json!("arm64"),
        ),
        case(
            "validation.manifests.indexes.platformlist[0].os",
            json!("linux"),
            |look| !takes_a_sparse_index(look),
        )
        .with(
            "validation.manifests.indexes",
            json!({"platforms": "list", "platformlist": [{"architecture": "amd64"}]}),
        )
        .instead(
            "validation.manifests.indexes.platformlist[0].os",
            json!("plan9"),
        ),
        case("policy.repository.classes", json!(["plugin"]), |look| {
            let image = image(look, &json!([]));
            push(look, "image", &image) != 201
        }),
        case("wharfinger.tags.semver", json!(["a/*"]), |look| {
            let image = image(look, &json!([]));
            assert_eq!(push(look, "1.2.3", &image), 201);
            let found = look.http().get("/v2/a/b/manifests/1.2").send();
            found.status == 200 && found.header("Wharfinger-Tag") == "1.2.3"
        }),
        case("wharfinger.cache.memory", json!(0), reads_each_time).with(
            "http.debug",
            json!({"addr": "{debug}", "prometheus": {"enabled": true}}),
        ),
        case("wharfinger.sparse", json!("all"), |look| {
            let absent = descriptor(LAYER, &sha256(b"absent"), 6);
            push(look, "sparse", &image(look, &json!([absent]))) == 201
        }),
    ]
}

/// Whether the same manifest is read from the store each time it is asked for.
fn reads_each_time(look: &Look<'_>) -> bool {
    assert_eq!(push(look, "kept", &image(look, &json!([]))), 201);
    let pull = || {
        let before = reads(look);
        for _ in 0..10 {
            look.http().get("/v2/a/b/manifests/kept").expect(200);
        }
        reads(look) - before
    };
    // Others may read something meanwhile, but not each time.
    let turns = [pull(), pull(), pull()];
    // Each time the links of the tag and of the manifest, and maybe the manifest itself.
    match turns.into_iter().min() {
        Some(20) => false,
        Some(30) => true,
        other => panic!("{other:?} objects were read"),
    }
}

/// How many objects have been read whole.
fn reads(look: &Look<'_>) -> u64 {
    let page = look.debug().get("/metrics").expect(200).body;
    let page = String::from_utf8_lossy(&page);
    let reads = page.lines().filter(|line| {
        line.starts_with("registry_storage_action_seconds_count") && line.contains("GetContent")
    });
    let counts = reads.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    counts.sum()
}

/// The status of a push to `a/b`.
pub(super) fn push(look: &Look<'_>, tag: &str, manifest: &Value) -> u16 {
    let target = format!("/v2/a/b/manifests/{tag}");
    let media_type = manifest["mediaType"].as_str().unwrap();
    let http = look.http();
    let put = http.put(&target).header("content-type", media_type);
    put.body(manifest.to_string()).send().status
}

/// A manifest with its configuration in `a/b`.
pub(super) fn image(look: &Look<'_>, layers: &Value) -> Value {
    let config = b"{}";
    let digest = sha256(config);
    let target = format!("/v2/a/b/blobs/uploads/?digest={digest}");
    look.http().post(&target).body(&config[..]).expect(201);
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &digest, config.len()),
        "layers": layers,
    })
}

/// Whether an index may be pushed without its child for Linux on amd64.
fn takes_a_sparse_index(look: &Look<'_>) -> bool {
    let mut child = descriptor(OCI_IMAGE, &sha256(b"absent"), 6);
    child["platform"] = json!({"architecture": "amd64", "os": "linux"});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]});
    push(look, "index", &index) == 201
}

fn refuses_a_url(look: &Look<'_>) -> bool {
    let mut layer = descriptor(
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        &sha256(b"absent"),
        6,
    );
    layer["urls"] = json!(["https://bad.test/layer"]);
    push(look, "foreign", &image(look, &json!([layer]))) != 201
}

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
