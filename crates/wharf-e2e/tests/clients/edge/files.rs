//! An edge on a directory: it reads, and nothing else.

use std::path::Path;

use serde_json::json;
use wharf_e2e::configured::Configuration;
use wharf_e2e::noise;
use wharf_e2e::server::free_address;

use super::{SECRET, fetch, gets, push, sent};

/// Every file and directory, and when it was changed.
fn tree(root: &Path) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                directories.push(entry.path());
            }
            found.push((entry.path(), metadata.modified().unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn an_edge_on_a_directory_writes_nothing_there() {
    let address = free_address();
    let registry = Configuration::default()
        .set(
            "wharfinger.edge.url",
            json!(format!("http://{address}/below")),
        )
        .set("wharfinger.edge.secrets", json!([SECRET]))
        .start();
    let content = noise::bytes(1, 2_000_000);
    push(&registry, &content);
    let url = sent(&registry, &content);
    assert!(url.starts_with(&format!(
        "http://{address}/below/docker/registry/v2/blobs/sha256/"
    )));
    let data = registry.data();
    let before = tree(&data);
    let edge = Configuration::default()
        .set(
            "storage.filesystem.rootdirectory",
            json!(data.display().to_string()),
        )
        .set("http.addr", json!(address))
        .set(
            "wharfinger.edge.url",
            json!(format!("http://{address}/below")),
        )
        .set("wharfinger.edge.secrets", json!([SECRET]))
        .of_an_edge()
        .start();
    gets(&url, &content);
    // A proxy in front may have taken the beginning of the path away.
    gets(&url.replace("/below/", "/"), &content);
    assert_eq!(fetch(&url.replace("/below/", "/other/")).status, 404);
    assert!(edge.stop().success());
    assert_eq!(tree(&data), before);
}

#[test]
fn an_edge_makes_no_storage_and_needs_a_secret() {
    let edge = Configuration::default()
        .set("wharfinger.edge.secrets", json!([SECRET]))
        .of_an_edge();
    let refused = edge.try_start().unwrap_err();
    assert!(
        refused.contains("is no directory: see storage.filesystem"),
        "{refused}"
    );
    let edge = Configuration::default().of_an_edge();
    let refused = edge.try_start().unwrap_err();
    assert!(refused.contains("see wharfinger.edge.secrets"), "{refused}");
}
