//! What is measured of a request, to the last byte of its answer.

use super::{Pair, Plan};
use crate::fixtures::{CONFIG, LAYER, noise};
use crate::wire::Request;

fn total(handler: &str, code: u16, method: &str) -> String {
    format!(
        "registry_http_requests_total{{code=\"{code}\",handler=\"{handler}\",method=\"{method}\"}}"
    )
}

fn in_flight(handler: &str) -> String {
    format!("registry_http_in_flight_requests{{handler=\"{handler}\"}}")
}

#[tokio::test]
async fn every_endpoint_is_counted_under_distributions_name() {
    let pair = Pair::start().await;
    let digest = pair.wharf.push_blob("a", CONFIG).await;
    let upload = pair.wharf.start_upload("a").await;
    for (request, handler, code, method) in [
        (Request::get("/v2/"), "base", 200, "get"),
        (Request::get("/v2/_catalog"), "catalog", 200, "get"),
        (Request::get("/v2/a/tags/list"), "tags", 404, "get"),
        (Request::get("/v2/a/manifests/b"), "manifest", 404, "get"),
        (
            Request::head(&format!("/v2/a/blobs/{digest}")),
            "blob",
            200,
            "head",
        ),
        (
            Request::get(&format!("/v2/a/referrers/{digest}")),
            "referrers",
            200,
            "get",
        ),
        (Request::delete(&upload), "blob_upload_chunk", 204, "delete"),
        (
            Request::new("BREW", "/v2/_catalog"),
            "catalog",
            405,
            "unknown",
        ),
        (
            Request::post("/v2/a/blobs/uploads/"),
            "blob_upload",
            202,
            "post",
        ),
    ] {
        let name = total(handler, code, method);
        let before = pair.sample(&name).await.unwrap_or(0.0);
        pair.wharf.ask(request).await;
        pair.until(&name, before + 1.0).await;
        pair.until(&in_flight(handler), 0.0).await;
    }
}

#[tokio::test]
async fn what_is_no_endpoint_is_not_counted() {
    let pair = Pair::start().await;
    for path in ["/", "/nowhere", "/v2/a", "/v2", "/v2/A/tags/list"] {
        pair.wharf.ask(Request::get(path)).await;
    }
    pair.wharf.is_well().await;
    pair.until(&total("base", 200, "get"), 1.0).await;
    let samples = pair.samples().await;
    let totals = samples
        .iter()
        .filter(|line| line.starts_with("registry_http_requests_total"));
    assert_eq!(totals.count(), 1, "{samples:#?}");
}

#[tokio::test]
async fn an_answer_is_under_way_until_its_last_byte() {
    let root = tempfile::tempdir().unwrap();
    let plan = Plan {
        root: Some(root.path().to_owned()),
        ..Plan::default()
    };
    let pair = plan.start().await;
    // More than the sockets and the server hold.
    let content = noise(32 << 20);
    let digest = pair.wharf.push_blob("a", &content).await;
    let mut client = pair.wharf.connect().await;
    client
        .send(Request::get(&format!("/v2/a/blobs/{digest}")).bytes())
        .await;
    client.head().await;
    assert_eq!(pair.sample(&in_flight("blob")).await, Some(1.0));
    assert_eq!(pair.sample(&total("blob", 200, "get")).await, None);
    assert_eq!(client.take(content.len()).await, content);
    pair.until(&total("blob", 200, "get"), 1.0).await;
    assert_eq!(pair.sample(&in_flight("blob")).await, Some(0.0));
    let sum = "registry_http_response_size_bytes_sum{handler=\"blob\"}";
    assert_eq!(pair.sample(sum).await, Some(content.len() as f64));
    pair.until("wharf_http_sent_bytes_total", content.len() as f64)
        .await;
    // A POST whose length is known: about the body and a hundred bytes of head.
    let sum = "registry_http_request_size_bytes_sum{handler=\"blob_upload\"}";
    let sum = pair.sample(sum).await.unwrap();
    let most = (content.len() + 400) as f64;
    assert!(sum > content.len() as f64 && sum < most, "{sum}");
    let received = pair.sample("wharf_http_received_bytes_total").await;
    assert_eq!(received, Some(content.len() as f64));
}

#[tokio::test]
async fn a_client_that_leaves_before_its_answer_is_counted_as_gone() {
    let pair = Pair::start().await;
    let upload = pair.wharf.start_upload("a").await;
    let mut client = pair.wharf.connect().await;
    let patch = Request::patch(&upload).header("Content-Length", 10);
    client.send(patch.bytes()).await;
    client.send("half ").await;
    pair.until(&in_flight("blob_upload_chunk"), 1.0).await;
    // The connection that pushed before may be open still.
    drop(client);
    pair.until(&in_flight("blob_upload_chunk"), 0.0).await;
    let samples = pair.samples().await;
    let gone = samples.iter().filter(|line| {
        line.starts_with("registry_http_requests_total{code=\"4")
            && line.contains("handler=\"blob_upload_chunk\"")
    });
    let gone: Vec<_> = gone.collect();
    assert_eq!(gone.len(), 1, "{gone:?}");
    let received = pair.sample("wharf_http_received_bytes_total").await;
    assert_eq!(received, Some(5.0));
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open() {
    let pair = Pair::start().await;
    let mut clients = Vec::new();
    for count in 1..=3 {
        let mut client = pair.wharf.connect().await;
        client.ask(Request::get("/v2/")).await;
        clients.push(client);
        pair.until("wharf_http_connections", f64::from(count)).await;
    }
    drop(clients);
    pair.until("wharf_http_connections", 0.0).await;
}

#[tokio::test]
async fn nothing_that_a_client_chooses_becomes_a_label() {
    let pair = Pair::start().await;
    for name in ["a", "b", "c/d"] {
        pair.wharf.push_blob(name, LAYER).await;
    }
    for method in ["BREW", "FETCH", "PROPFIND"] {
        pair.wharf
            .ask(Request::new(method, "/v2/_catalog?n=1"))
            .await;
    }
    pair.until(&total("catalog", 405, "unknown"), 3.0).await;
    pair.until(&total("blob_upload", 201, "post"), 3.0).await;
}
