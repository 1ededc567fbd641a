//! What the modules have in common: the server under test, and names nobody else uses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_e2e::command::Run;
use wharf_e2e::contents::Manifest;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::shared::Shared;

/// The server that all clients use at the same time.
pub(crate) fn server() -> Arc<Server> {
    static SERVER: Shared<Server> = Shared::new();
    SERVER.get_or_start(|| Setup::of(Kind::under_test()).start())
}

/// Held by tests that move gigabytes, so that two of them never do so at a time.
pub(crate) fn heavy() -> MutexGuard<'static, ()> {
    static HEAVY: Mutex<()> = Mutex::new(());
    HEAVY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// podman or buildah with images of its own in `store`. `vfs` works on every filesystem.
pub(crate) fn with_storage(program: &str, store: &Scratch) -> Run {
    Run::tool(program)
        .args(["--storage-driver", "vfs", "--root"])
        .arg(store.join("root"))
        .arg("--runroot")
        .arg(store.join("run"))
}

/// The platforms of an index.
pub(crate) fn platforms(index: &Manifest) -> Vec<String> {
    let json = index.json();
    let children = json["manifests"].as_array().unwrap();
    children
        .iter()
        .map(|child| {
            let platform = &child["platform"];
            let part = |name: &str| platform[name].as_str().unwrap_or("?").to_owned();
            format!("{}/{}", part("os"), part("architecture"))
        })
        .collect()
}

/// The digest in a file, as `--digestfile` writes it.
pub(crate) fn digest_in(file: impl AsRef<std::path::Path>) -> String {
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}
