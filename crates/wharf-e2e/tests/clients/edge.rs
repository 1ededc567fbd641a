//! `wharf edge` on a bucket: a registry sends clients there.

mod clients;
mod files;
mod signatures;
mod troubles;

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_e2e::between::Between;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::digest::sha256;
use wharf_e2e::http::{Answer, Http};
use wharf_e2e::noise;
use wharf_e2e::raw::{RawAnswer, exchange};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::free_address;

/// A registry and an edge on one bucket, which the edge asks by way of `between`.
struct Scene {
    registry: Configured,
    edge: Option<Configured>,
    between: Between,
    /// The cache of the edge.
    cache: Scratch,
    address: String,
    root: String,
    bucket: Arc<Bucket>,
}

// === impl Scene ===

impl Scene {
    fn start(root: &str) -> Self {
        Self::with(root, |edge| edge)
    }

    /// With an edge that is configured otherwise.
    fn with(root: &str, other: impl Fn(Configuration) -> Configuration) -> Self {
        let bucket = Bucket::shared();
        let (between, cache) = (Between::start(bucket.address()), Scratch::new());
        let address = free_address();
        let place = cache.join("cache").display().to_string();
        let registry = Configuration::default()
            .set("storage", json!({"s3": bucket.section(root)}))
            .set("wharfinger.edge.url", json!(format!("http://{address}")))
            .set("wharfinger.edge.secrets", json!([SECRET]))
            // One file may be for both: who sends clients elsewhere leaves this alone.
            .set("wharfinger.cache.directory", json!(place))
            .start();
        let mut scene = Self {
            registry,
            edge: None,
            between,
            cache,
            address,
            root: root.to_owned(),
            bucket,
        };
        scene.start_edge(other);
        scene
    }

    fn start_edge(&mut self, other: impl Fn(Configuration) -> Configuration) {
        let section = Bucket::section_at(self.between.address(), &self.root);
        let cache = self.cache.join("cache").display().to_string();
        let edge = Configuration::default()
            .set("storage", json!({ "s3": section }))
            .set("http.addr", json!(self.address))
            .set(
                "http.debug",
                json!({"addr": "{debug}", "prometheus": {"enabled": true}}),
            )
            .set("wharfinger.edge.secrets", json!([SECRET]))
            .set("wharfinger.cache.directory", json!(cache))
            .of_an_edge();
        self.edge = Some(other(edge).start());
    }

    /// A client of the edge.
    fn http(&self) -> Http {
        Http::new(&self.address)
    }

    fn edge(&self) -> &Configured {
        self.edge.as_ref().unwrap()
    }

    /// Pushes a blob, and says where clients are sent for it.
    fn push(&self, content: &[u8]) -> String {
        push(&self.registry, content);
        self.sent(content)
    }

    fn sent(&self, content: &[u8]) -> String {
        sent(&self.registry, content)
    }

    /// How often the bytes of blobs were asked for.
    fn reads(&self) -> usize {
        let asked = self.between.asked();
        let is_read = |head: &&String| head.starts_with("get ") && head.contains("/data ");
        asked.iter().filter(is_read).count()
    }

    /// A value of the edge's metrics; 0 where it has none.
    fn metric(&self, name: &str) -> u64 {
        let page = self.edge().debug().get("/metrics").expect(200);
        let page = String::from_utf8(page.body.to_vec()).unwrap();
        let mut lines = page.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse::<f64>().unwrap() as u64)
    }

    /// Waits for it.
    fn comes(&self, has_come: impl Fn() -> bool) {
        for _ in 0..2000 {
            if has_come() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("it does not come:\n{}", self.edge().log());
    }

    /// Waits until so many blobs are in the cache.
    fn keeps(&self, count: usize) {
        self.comes(|| self.files("blobs").len() == count && self.files("filling").is_empty());
    }

    /// Sizes of the files in a directory of the cache.
    fn files(&self, directory: &str) -> Vec<u64> {
        let directory = self.cache.join("cache").join(directory);
        let entries = std::fs::read_dir(directory).unwrap();
        // What goes meanwhile is not there.
        let sizes = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()));
        sizes.collect()
    }
}

fn push(registry: &Configured, content: &[u8]) {
    let target = format!("/v2/a/b/blobs/uploads/?digest={}", sha256(content));
    let http = registry.http();
    http.post(&target).body(content.to_vec()).expect(201);
}

/// Where clients are sent for it.
fn sent(registry: &Configured, content: &[u8]) -> String {
    let target = format!("/v2/a/b/blobs/{}", sha256(content));
    let answer = registry.http().get(&target).expect(307);
    answer.header("location").to_owned()
}

/// What is at a URL, as far as it comes.
fn fetch(url: &str) -> RawAnswer {
    fetch_with(url, "")
}

fn fetch_with(url: &str, headers: &str) -> RawAnswer {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let request =
        format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    exchange(host, request.as_bytes(), false)
}

fn gets(url: &str, content: &[u8]) {
    let answer = fetch(url);
    assert_eq!((answer.status, answer.whole), (200, true), "{url}");
    assert!(answer.body == content, "{url}");
}

const SECRET: &str = "a secret for the tests of the edge";

#[test]
fn a_blob_comes_from_the_bucket_once_and_then_from_the_disk() {
    let scene = Scene::start("edge/once");
    let content = noise::bytes(1, 3_000_000);
    let url = scene.push(&content);
    gets(&url, &content);
    scene.keeps(1);
    assert_eq!(scene.reads(), 1);
    for head in scene.between.asked() {
        let reads = head.starts_with("get ") || head.starts_with("head ");
        assert!(reads && head.contains("/data "), "{head}");
    }
    scene.between.forget();
    for _ in 0..3 {
        gets(&scene.sent(&content), &content);
    }
    // Nothing is asked of the bucket at all.
    assert_eq!(scene.between.asked(), Vec::<String>::new());
    assert_eq!(
        scene.metric("wharfinger_cache_requests_total{from=\"disk\"}"),
        3
    );
    assert_eq!(
        scene.metric("wharfinger_cache_requests_total{from=\"new_fill\"}"),
        1
    );
    assert_eq!(scene.metric("wharfinger_cache_bytes"), 3_000_000);
    let counted = "registry_http_requests_total{code=\"200\",handler=\"blob\",method=\"get\"}";
    assert_eq!(scene.metric(counted), 4);
}

#[test]
fn fifty_clients_of_one_cold_blob_cause_one_read_of_it() {
    let scene = Scene::start("edge/fifty");
    let content = noise::bytes(2, 8_000_000);
    let url = scene.push(&content);
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| gets(&url, &content));
        }
    });
    assert_eq!(scene.reads(), 1);
}

#[test]
fn an_answer_has_all_that_a_cdn_needs() {
    let scene = Scene::start("edge/heads");
    let content = noise::bytes(3, 200_000);
    let (url, digest) = (scene.push(&content), sha256(&content));
    let etag = format!("\"{digest}\"");
    let http = scene.http();
    let describes = |answer: &Answer| {
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("docker-content-digest"), digest);
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(
            answer.header("cache-control"),
            "max-age=31536000, immutable"
        );
    };
    // Cold, while it comes, and from the disk.
    for round in 0..3 {
        let head = http.head(&url).expect(200);
        describes(&head);
        assert_eq!(head.header("content-length"), "200000");
        assert_eq!(head.header("content-type"), "application/octet-stream");
        let part = http
            .get(&url)
            .header("range", "bytes=1000-1999")
            .expect(206);
        describes(&part);
        assert_eq!(part.header("content-range"), "bytes 1000-1999/200000");
        assert!(part.body == content[1000..2000], "{round}");
        let end = http.get(&url).header("range", "bytes=-7").expect(206);
        assert!(end.body == content[199_993..], "{round}");
        let known = http.get(&url).header("if-none-match", &etag).expect(304);
        describes(&known);
        let beyond = http.get(&url).header("range", "bytes=200000-").expect(416);
        assert_eq!(beyond.header("content-range"), "bytes */200000");
        if round > 0 {
            let whole = http.get(&url).expect(200);
            describes(&whole);
            assert!(whole.body == content);
        }
    }
    let many = http.get(&url).header("range", "bytes=0-1,5-6").expect(206);
    assert!(
        many.header("content-type")
            .starts_with("multipart/byteranges")
    );
}

#[test]
fn the_bound_holds_and_what_was_used_longest_ago_goes() {
    let scene = Scene::with("edge/bound", |edge| {
        edge.set("wharfinger.cache.size", json!(3_000_000))
    });
    let contents: Vec<_> = (10..16).map(|seed| noise::bytes(seed, 1_000_000)).collect();
    let urls: Vec<_> = contents.iter().map(|it| scene.push(it)).collect();
    for (url, content) in urls.iter().zip(&contents) {
        gets(url, content);
        // The first one is used again and again.
        gets(&urls[0], &contents[0]);
        scene.comes(|| scene.files("filling").is_empty());
        let bytes: u64 = scene.files("blobs").iter().sum();
        assert!(bytes <= 3_000_000, "{bytes}");
    }
    scene.between.forget();
    gets(&urls[0], &contents[0]);
    gets(&urls[5], &contents[5]);
    assert_eq!(scene.reads(), 0);
    gets(&urls[1], &contents[1]);
    assert_eq!(scene.reads(), 1);
    // More than half of it is given, and not kept.
    let large = noise::bytes(20, 1_600_000);
    let url = scene.push(&large);
    gets(&url, &large);
    gets(&url, &large);
    assert_eq!(scene.reads(), 3);
}

/// What a registry keeps that sends the bytes itself.
#[test]
fn a_replica_asks_twice_for_a_blob_that_it_has_on_its_disk_and_not_for_its_bytes() {
    let bucket = Bucket::shared();
    let between = Between::start(bucket.address());
    let section: Value = Bucket::section_at(between.address(), "edge/replica");
    let replica = Configuration::default()
        .set(
            "storage",
            json!({"s3": section, "redirect": {"disable": true}, "delete": {"enabled": true}}),
        )
        .set("wharfinger.cache.directory", json!("{scratch}/cache"))
        .start();
    let content = noise::bytes(4, 2_000_000);
    push(&replica, &content);
    let blob = format!("/v2/a/b/blobs/{}", sha256(&content));
    let http = replica.http();
    assert!(http.get(&blob).expect(200).body == content);
    let cache = replica.directory().join("cache/blobs");
    while std::fs::read_dir(&cache).unwrap().count() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    between.forget();
    assert!(http.get(&blob).expect(200).body == content);
    let asked = between.asked();
    // Whether the repository holds it, and whether it is there.
    let [link, head] = asked.as_slice() else {
        panic!("{asked:#?}")
    };
    assert!(
        link.starts_with("get ") && link.contains("/link "),
        "{link}"
    );
    assert!(
        head.starts_with("head ") && head.contains("/data "),
        "{head}"
    );
    // What is not there any more is not given, though it is on the disk.
    http.delete(&blob).expect(202);
    http.get(&blob).expect(404);
}
