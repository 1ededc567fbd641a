//! Blobs that go from file to socket by themselves: every byte is compared.

mod borders;
mod damage;
mod pipelines;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use tempfile::TempDir;
use wharf_spec::Digest;

use crate::fixtures::{noise, sha256};
use crate::harness::{Setup, Wharf};

/// A server whose blobs are files that the test can reach.
struct Files {
    root: TempDir,
    wharf: Wharf,
}

/// Shorter blobs are copied; this one is not.
const LONG: usize = 3 << 20;

// === impl Files ===

impl Files {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut setup = Setup::files(root.path());
        change(&mut setup);
        let wharf = setup.start().await;
        Self { root, wharf }
    }

    /// Stores noise of that length; returns it with the path of its blob.
    async fn blob(&self, length: usize) -> (Vec<u8>, String) {
        let content = noise(length);
        let digest = self.wharf.push_blob("a", &content).await;
        (content, path(digest))
    }

    /// Stores a blob of that many bytes which are all zero, and take no room.
    #[expect(
        clippy::disallowed_methods,
        reason = "gigabytes are not to be pushed first"
    )]
    async fn sparse(&self, size: u64) -> (File, String) {
        let digest = self.wharf.push_blob("a", size.to_string()).await;
        let file = OpenOptions::new()
            .write(true)
            .open(self.file(digest))
            .unwrap();
        file.set_len(size).unwrap();
        file.write_all_at(&[0; 32], 0).unwrap();
        (file, path(digest))
    }

    /// The file of a blob, open for changes that no registry makes.
    #[expect(clippy::disallowed_methods, reason = "damage is done from outside")]
    fn open(&self, content: &[u8]) -> File {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.file(sha256(content)))
            .unwrap()
    }

    fn file(&self, digest: Digest) -> PathBuf {
        let hex = digest.hex();
        let blobs = self.root.path().join("docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(hex).join("data")
    }
}

fn path(digest: Digest) -> String {
    format!("/v2/a/blobs/{digest}")
}
