//! The OCI distribution specification against the built binary: what a registry has to do with
//! every kind of content and every way to push it, from the first request to the last deletion.
//!
//! The official conformance suite cannot be installed on every machine; what it looks at is
//! looked at here too, so that nothing breaks unnoticed where it does not run. Beyond it, lists
//! have to be exact, and nothing may be seen from another repository.

use std::sync::Arc;

use wharf_e2e::server::{Kind, Server, Setup, Sparse};
use wharf_e2e::shared::Shared;

mod algorithms;
mod artifacts;
mod blob;
mod blobs;
mod chunks;
mod content;
mod deletion;
mod digests;
mod images;
mod indexes;
mod lists;
mod manifests;
mod mounts;
mod names;
mod pull;
mod push;
mod ranges;
mod referrers;
mod repository;
mod session;
mod sparse;
mod subjects;
mod tags;
mod upload;

/// The server for all tests here: default settings, a repository of its own for every test.
fn server() -> Arc<Server> {
    static SERVER: Shared<Server> = Shared::new();
    SERVER.get_or_start(Server::wharf)
}

/// The one that takes manifests without what they refer to.
fn sparse_server() -> Arc<Server> {
    static SERVER: Shared<Server> = Shared::new();
    SERVER.get_or_start(|| Setup::of(Kind::Wharf).sparse(Sparse::All).start())
}
