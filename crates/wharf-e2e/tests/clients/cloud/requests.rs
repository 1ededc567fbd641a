//! How much is asked of a bucket, beside distribution on the same one (docs/scaling.md).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use wharf_e2e::between::Between;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::digest::sha256;
use wharf_e2e::http::Http;
use wharf_e2e::noise;
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::server::{Kind, Server, Setup};

/// A server and what it asks.
struct Counted {
    server: Server,
    between: Between,
    _bucket: Arc<Bucket>,
}

// === impl Counted ===

impl Counted {
    fn start(kind: Kind, root: &str) -> Self {
        let bucket = Bucket::shared();
        let between = Between::start(bucket.address());
        let section = Bucket::section_at(between.address(), root);
        let server = Setup::of(kind).bucket("s3", section).redirects().start();
        // The first of all asks for more.
        push(server.http(), "first", 0);
        Self {
            server,
            between,
            _bucket: bucket,
        }
    }

    /// How many requests that costs.
    #[expect(
        clippy::print_stdout,
        reason = "seen where the number is not as expected"
    )]
    fn costs(&self, what: impl FnOnce(&Http)) -> usize {
        self.between.forget();
        what(self.server.http());
        let asked = self.between.asked();
        let mut kinds = BTreeMap::<_, usize>::new();
        for head in &asked {
            *kinds
                .entry(head.split(' ').next().unwrap_or_default())
                .or_default() += 1;
        }
        println!("{:?}: {kinds:?}", self.server.kind());
        asked.len()
    }
}

/// As Docker does it: a layer and a configuration, each in one PATCH, then the manifest.
fn push(http: &Http, tag: &str, seed: u64) {
    let blob = |seed: u64, size: usize| {
        let bytes = noise::bytes(seed, size);
        let digest = sha256(&bytes);
        http.head(&format!("/v2/a/b/blobs/{digest}")).expect(404);
        let begun = http.post("/v2/a/b/blobs/uploads/").expect(202);
        let sent = http.patch(begun.header("location")).body(bytes).expect(202);
        let location = sent.header("location");
        let separator = if location.contains('?') { '&' } else { '?' };
        http.put(&format!("{location}{separator}digest={digest}"))
            .expect(201);
        json!({"digest": digest, "size": size, "mediaType": "application/octet-stream"})
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": blob(2 * seed + 1000, 300),
        "layers": [blob(2 * seed + 1001, 20_000)],
    });
    let put = http.put(&format!("/v2/a/b/manifests/{tag}"));
    put.header("content-type", OCI_IMAGE)
        .body(manifest.to_string())
        .expect(201);
}

#[test]
fn a_push_asks_half_of_what_distribution_asks() {
    let ours = Counted::start(Kind::Wharf, "counted/ours");
    let theirs = Counted::start(Kind::V3, "counted/theirs");
    let push = |http: &Http| push(http, "one", 1);
    let (ours, theirs) = (ours.costs(push), theirs.costs(push));
    assert_eq!(ours, 32);
    assert!(ours * 2 <= theirs, "{ours} and {theirs}");
}

/// Of a manifest that the process knows, of a blob, of a page of tags, of one of the catalog.
fn pulls_and_pages(kind: Kind, root: &str) -> [usize; 4] {
    let counted = Counted::start(kind, root);
    for tag in 0..30 {
        push(counted.server.http(), &format!("t{tag}"), tag + 1);
    }
    let manifest = |http: &Http| {
        let get = http.get("/v2/a/b/manifests/t7");
        _ = get.header("accept", OCI_IMAGE).expect(200);
    };
    manifest(counted.server.http());
    let layer = sha256(&noise::bytes(1001, 20_000));
    let blob = |http: &Http| _ = http.get(&format!("/v2/a/b/blobs/{layer}")).expect(307);
    let tags = |http: &Http| {
        let page = http.get("/v2/a/b/tags/list?n=10").expect(200).json();
        assert_eq!(page["tags"].as_array().unwrap().len(), 10);
    };
    let catalog = |http: &Http| _ = http.get("/v2/_catalog?n=10").expect(200);
    [
        counted.costs(manifest),
        counted.costs(blob),
        counted.costs(tags),
        counted.costs(catalog),
    ]
}

#[test]
fn a_pull_and_a_page_cost_a_few() {
    assert_eq!(pulls_and_pages(Kind::Wharf, "counted/pulls"), [3, 2, 1, 3]);
    let theirs = pulls_and_pages(Kind::V3, "counted/their-pulls");
    // Its one listing for the catalog goes through all that is in repositories, and these have
    // less than a thousand objects.
    assert_eq!(theirs, [4, 7, 1, 1]);
}
