//! Digests by coreutils: an oracle that shares no code with what is tested.

use std::path::Path;

use crate::command::Run;

/// `sha256:…` of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    labelled("sha256", Run::tool("sha256sum").input(bytes))
}

/// `sha512:…` of some bytes.
#[must_use]
pub fn sha512(bytes: &[u8]) -> String {
    labelled("sha512", Run::tool("sha512sum").input(bytes))
}

/// `sha256:…` of a file.
#[must_use]
pub fn sha256_of_file(path: &Path) -> String {
    labelled("sha256", Run::tool("sha256sum").arg("--").arg(path))
}

/// The digest of some bytes by the algorithm that `like` names.
///
/// # Panics
/// When that is neither sha256 nor sha512.
#[must_use]
pub fn same_algorithm(like: &str, bytes: &[u8]) -> String {
    match like.split_once(':') {
        Some(("sha256", _)) => sha256(bytes),
        Some(("sha512", _)) => sha512(bytes),
        _ => panic!("not a digest that the tests know: {like}"),
    }
}

fn labelled(algorithm: &str, run: Run) -> String {
    let text = run.ok().text();
    let hex = text.split_whitespace().next().unwrap_or_default();
    format!("{algorithm}:{hex}")
}
