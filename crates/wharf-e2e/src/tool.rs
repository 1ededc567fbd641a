//! Finding the programs that the tests drive.

use std::path::PathBuf;

/// The path of a program: our own builds first, then `PATH`, then where Debian puts daemons.
///
/// # Panics
/// When it is nowhere, saying how to get it.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    candidates(name)
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("install {name}: cargo xtask tools"))
}

/// Every program of that name, in the order in which they are tried.
#[must_use]
pub fn candidates(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(target_directory().join("tools/bin"))
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .filter(|candidate| candidate.is_file())
        .collect()
}

/// Cargo's target directory, seen from a test executable at `target/debug/deps/it-…`.
pub(crate) fn target_directory() -> PathBuf {
    let executable = std::env::current_exe().expect("a path of the test executable");
    executable
        .ancestors()
        .nth(3)
        .expect("a test executable below a target directory")
        .to_owned()
}
