//! What an edge answers, and to whom.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wharf_auth::{Secret, UrlKeys};
use wharf_http::{EdgeSite, HealthGate, Limits, Server, Settings, Shutdown};
use wharf_registry::EdgeBlobs;
use wharf_spec::Digest;
use wharf_store::{Durability, MemoryStore, Store as _, StorePath};

use crate::fixtures::{noise, sha256};
use crate::harness::{Lines, Wharf};
use crate::wire::{Request, Response};

/// An edge with one blob.
struct Edge {
    wharf: Wharf,
    digest: Digest,
    content: Vec<u8>,
    log: Lines,
}

// === impl Edge ===

impl Edge {
    async fn start() -> Self {
        Self::with("", HealthGate::default()).await
    }

    async fn with(prefix: &str, health: HealthGate) -> Self {
        let (store, content) = (MemoryStore::default(), noise(100_000));
        let digest = sha256(&content);
        let path = StorePath::new(path(digest)).unwrap();
        let put = store.put(&path, content.clone().into(), Durability::Durable);
        put.await.unwrap();
        let (access_log, log) = Lines::log();
        let settings = Settings {
            access_log: Some(access_log),
            health,
            ..Settings::default()
        };
        let blobs = EdgeBlobs::new(Arc::new(store), None);
        let site = EdgeSite::new(blobs, keys(), prefix, settings);
        let server = Server::bind("127.0.0.1:0", site, Limits::default());
        let server = server.await.unwrap();
        let shutdown = Shutdown::default();
        Self {
            wharf: Wharf {
                address: server.local_addr().unwrap(),
                task: tokio::spawn(server.run(shutdown.clone())),
                shutdown,
            },
            digest,
            content,
            log,
        }
    }

    async fn ask(&self, request: Request) -> Response {
        self.wharf.ask(request).await
    }
}

fn path(digest: Digest) -> String {
    let (algorithm, hex) = (digest.algorithm(), digest.hex());
    format!(
        "docker/registry/v2/blobs/{algorithm}/{}/{hex}/data",
        &hex[..2]
    )
}

fn keys() -> UrlKeys {
    UrlKeys::new(&[Secret::new("a secret of this edge")]).unwrap()
}

/// A URL below `prefix` that is good for a minute.
fn signed(prefix: &str, digest: Digest) -> String {
    let path = format!("{prefix}/{}", path(digest));
    let end = SystemTime::now() + Duration::from_secs(60);
    format!("{path}?verify={}", keys().sign(&path, end))
}

#[tokio::test]
async fn a_signed_url_has_the_blob_and_what_there_is_to_say_of_it() {
    let edge = Edge::start().await;
    let url = signed("", edge.digest);
    for (request, status, body) in [
        (Request::get(&url), 200, &*edge.content),
        (Request::head(&url), 200, &[]),
        (
            Request::get(&url).header("Range", "bytes=10-19"),
            206,
            &edge.content[10..20],
        ),
        (
            Request::get(&url).header("If-None-Match", format!("\"{}\"", edge.digest)),
            304,
            &[],
        ),
    ] {
        let answer = edge.ask(request).await;
        assert_eq!(answer.status, status, "{}", answer.head);
        assert!(answer.body == body);
        let says = |name: &str| answer.header(name).unwrap().to_owned();
        assert_eq!(says("docker-content-digest"), edge.digest.to_string());
        assert_eq!(says("etag"), format!("\"{}\"", edge.digest));
        assert_eq!(says("cache-control"), "max-age=31536000, immutable");
        assert_eq!(says("accept-ranges"), "bytes");
    }
    let beyond = Request::get(&url).header("Range", "bytes=100000-");
    assert_eq!(edge.ask(beyond).await.status, 416);
    let other = Request::get(&url).header("If-Match", "\"sha256:00\"");
    assert_eq!(edge.ask(other).await.status, 412);
}

#[tokio::test]
async fn a_url_is_looked_at_before_anybody_looks_for_the_blob() {
    let edge = Edge::start().await;
    let absent = sha256("absent");
    let unsigned = format!("/{}", path(absent));
    assert_eq!(edge.ask(Request::get(&unsigned)).await.status, 403);
    let unsigned = format!("/{}", path(edge.digest));
    let refused = edge.ask(Request::get(&unsigned)).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (403, vec!["DENIED".to_owned()])
    );
    assert_eq!(edge.ask(Request::head(&unsigned)).await.status, 403);
    for request in [
        Request::get(&signed("", absent)),
        Request::head(&signed("", absent)),
    ] {
        let answer = edge.ask(request).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn the_signature_is_for_the_path_that_clients_see() {
    let edge = Edge::with("/below", HealthGate::default()).await;
    let status = async |url: &str| edge.ask(Request::get(url)).await.status;
    let url = signed("/below", edge.digest);
    assert_eq!(status(&url).await, 200);
    // A proxy may have taken the prefix away.
    assert_eq!(status(url.strip_prefix("/below").unwrap()).await, 200);
    assert_eq!(status(&signed("", edge.digest)).await, 403);
    assert_eq!(status(&format!("/below{url}")).await, 404);
}

#[tokio::test]
async fn nothing_is_answered_but_blobs_and_the_question_whether_all_is_well() {
    let edge = Edge::start().await;
    let url = signed("", edge.digest);
    assert_eq!(edge.ask(Request::get("/")).await.status, 200);
    for request in [
        Request::get("/v2/"),
        Request::post("/v2/a/blobs/uploads/"),
        Request::get("/docker/registry/v2/blobs"),
        Request::get(&url.replace("/data", "/link")),
    ] {
        assert_eq!(edge.ask(request).await.status, 404);
    }
    for request in [
        Request::put(&url).body("other"),
        Request::delete(&url),
        Request::post("/"),
    ] {
        let answer = edge.ask(request).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD"))
        );
    }
}

#[tokio::test]
async fn a_check_that_fails_closes_the_door_to_load_balancers_alone() {
    let edge = Edge::with("", HealthGate::new(|| false)).await;
    let mut client = edge.wharf.connect().await;
    client.send(Request::get("/").bytes()).await;
    assert_eq!(client.any_head().await.status, 503);
    let url = signed("", edge.digest);
    assert_eq!(edge.ask(Request::get(&url)).await.status, 200);
}

#[tokio::test]
async fn the_access_log_has_no_signatures() {
    let edge = Edge::start().await;
    let url = signed("", edge.digest);
    let (path, _) = url.split_once('?').unwrap();
    edge.ask(Request::get(&url)).await;
    edge.ask(Request::get("/v2/?token=secret")).await;
    let line = format!("\"GET {path} HTTP/1.1\" 200 100000");
    let written = async {
        while edge.log.text().lines().count() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written)
        .await
        .unwrap();
    let text = edge.log.text();
    assert!(text.contains(&line), "{text}");
    assert!(
        !text.contains("verify") && !text.contains("secret"),
        "{text}"
    );
}
