//! The page of Prometheus.

use insta::assert_snapshot;

use super::Pair;
use crate::fixtures::LAYER;
use crate::wire::Request;

/// What a metric is, from the comments of the page.
fn kinds(page: &str) -> Vec<String> {
    let mut kinds: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(str::to_owned)
        .collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn names_and_kinds_are_distributions_and_ours() {
    let pair = Pair::start().await;
    pair.wharf.push_blob("a", LAYER).await;
    pair.until(
        "registry_http_requests_total{code=\"201\",handler=\"blob_upload\",method=\"post\"}",
        1.0,
    )
    .await;
    let page = pair.page(Request::get("/metrics")).await;
    let kind = page.header("Content-Type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_snapshot!(kinds(page.text()).join("\n"), @"
    process_cpu_seconds_total counter
    process_max_fds gauge
    process_network_receive_bytes_total counter
    process_network_transmit_bytes_total counter
    process_open_fds gauge
    process_resident_memory_bytes gauge
    process_start_time_seconds gauge
    process_threads gauge
    process_virtual_memory_bytes gauge
    process_virtual_memory_max_bytes gauge
    registry_http_in_flight_requests gauge
    registry_http_request_duration_seconds histogram
    registry_http_request_size_bytes histogram
    registry_http_requests_total counter
    registry_http_response_size_bytes histogram
    registry_storage_action_seconds histogram
    wharf_health_checks_failing gauge
    wharf_http_connections gauge
    wharf_http_received_bytes_total counter
    wharf_http_sent_bytes_total counter
    wharf_uploads_in_progress gauge
    ");
    for kind in kinds(page.text()) {
        let name = kind.split(' ').next().unwrap();
        let help = format!("# HELP {name} ");
        assert_eq!(page.text().matches(&help).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn buckets_are_those_of_the_go_client() {
    let pair = Pair::start().await;
    pair.wharf.is_well().await;
    let total = "registry_http_requests_total{code=\"200\",handler=\"base\",method=\"get\"}";
    pair.until(total, 1.0).await;
    let samples = pair.samples().await;
    let bounds = |name: &str| -> Vec<String> {
        let bound = |line: &String| {
            let labels = line.strip_prefix(name)?.strip_prefix("_bucket{")?;
            assert!(
                labels.starts_with("handler=") || labels.starts_with("action="),
                "{labels}"
            );
            let (_, bound) = labels.split_once("le=\"")?;
            Some(bound.split('"').next()?.to_owned())
        };
        let mut bounds: Vec<_> = samples.iter().filter_map(bound).collect();
        let mut known = std::collections::HashSet::new();
        bounds.retain(|bound| known.insert(bound.clone()));
        bounds
    };
    assert_eq!(
        bounds("registry_http_request_duration_seconds").join(" "),
        "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 25 60 +Inf"
    );
    assert_eq!(
        bounds("registry_storage_action_seconds").join(" "),
        "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf"
    );
    for name in [
        "registry_http_request_size_bytes",
        "registry_http_response_size_bytes",
    ] {
        let bounds = bounds(name);
        assert_eq!(bounds.len(), 23);
        assert_eq!(
            (bounds[0].as_str(), bounds[21].as_str()),
            ("1024", "2147483648")
        );
    }
}

#[tokio::test]
async fn calls_of_the_store_are_timed_by_driver_and_action() {
    let pair = Pair::start().await;
    let name = |action: &str| {
        format!("registry_storage_action_seconds_count{{action=\"{action}\",driver=\"inmemory\"}}")
    };
    assert_eq!(pair.sample(&name("Move")).await, Some(0.0));
    pair.wharf.push_blob("a", LAYER).await;
    assert_eq!(pair.sample(&name("Move")).await, Some(1.0));
    for action in [
        "GetContent",
        "PutContent",
        "Stat",
        "List",
        "Delete",
        "Reader",
        "Writer",
        "Write",
        "Sync",
        "Settle",
    ] {
        assert!(pair.sample(&name(action)).await.is_some(), "{action}");
    }
}

#[tokio::test]
async fn observations_that_were_sorted_meanwhile_are_not_lost() {
    let pair = Pair::start().await;
    let stop = tokio_util::sync::CancellationToken::new();
    let upkeep = tokio::spawn(pair.metrics.clone().run(stop.clone()));
    for _ in 0..10 {
        pair.wharf.is_well().await;
    }
    let count = "registry_http_request_duration_seconds_count{handler=\"base\",method=\"get\"}";
    pair.until(count, 10.0).await;
    stop.cancel();
    upkeep.await.unwrap();
}
