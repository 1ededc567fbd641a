//! What only this registry has: `/v2/…/_wharfinger/…`.

mod access;
mod collection;
mod repository;
mod tags;
mod trash;

use std::time::Duration;

use serde_json::Value;
use wharf_spec::media_type::OCI_MANIFEST;
use wharf_store::MemoryStore;

use crate::fixtures::image;
use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

/// A registry in memory that keeps for an hour what is deleted.
fn keeping(store: &MemoryStore) -> Setup {
    let mut setup = Setup::on(store.clone());
    setup.options.trash = Duration::from_secs(3600);
    setup
}

/// An image with this tag.
async fn push_image(wharf: &Wharf, name: &str, tag: &str) -> String {
    wharf.push_parts(name).await;
    let digest = wharf.push_manifest(name, tag, &image(OCI_MANIFEST)).await;
    digest.to_string()
}

async fn delete(wharf: &Wharf, path: &str) {
    let response = wharf.ask(Request::delete(path)).await;
    assert_eq!(response.status, 202, "{}", response.show());
}

async fn told(wharf: &Wharf, request: Request, status: u16) -> Value {
    let response = wharf.ask(request).await;
    assert_eq!(response.status, status, "{}", response.show());
    json(&response)
}

fn json(response: &Response) -> Value {
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    response.json()
}
