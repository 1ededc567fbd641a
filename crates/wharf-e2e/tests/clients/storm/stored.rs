//! What is stored, wherever it is.

use std::collections::BTreeSet;
use std::path::Path;

use wharf_store::{EntryKind, Store, StoreError, StorePath};
use wharf_store_cloud::CloudStore;

/// Paths below the directory of blobs and repositories.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) files: BTreeSet<String>,
    pub(super) directories: BTreeSet<String>,
}

// === impl Stored ===

impl Stored {
    pub(super) fn in_directory(tree: &Path) -> Self {
        let mut stored = Self::default();
        let mut rest = vec![tree.to_owned()];
        while let Some(directory) = rest.pop() {
            let Ok(entries) = std::fs::read_dir(&directory) else {
                continue;
            };
            for entry in entries.map(Result::unwrap) {
                let below = entry.path();
                let below = below.strip_prefix(tree).unwrap().display().to_string();
                if entry.file_type().unwrap().is_dir() {
                    stored.directories.insert(below);
                    rest.push(entry.path());
                } else {
                    stored.files.insert(below);
                }
            }
        }
        stored
    }

    /// In a bucket a directory is what has something in it.
    pub(super) fn in_bucket(store: &CloudStore) -> Self {
        const TREE: &str = "docker/registry/v2";
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut stored = Self::default();
        let mut rest = vec![String::new()];
        while let Some(directory) = rest.pop() {
            let path = StorePath::new(format!("{TREE}{directory}")).unwrap();
            let listing = match runtime.block_on(store.list(&path)) {
                // What a server asked for before its end may be carried out only now.
                Err(StoreError::NotFound(_)) => {
                    stored.directories.remove(directory.trim_start_matches('/'));
                    continue;
                }
                listed => listed.unwrap(),
            };
            for entry in listing.iter() {
                let path = format!("{directory}/{}", entry.name);
                let below = path.trim_start_matches('/').to_owned();
                match entry.kind {
                    EntryKind::Object => _ = stored.files.insert(below),
                    EntryKind::Directory => {
                        stored.directories.insert(below);
                        rest.push(path);
                    }
                }
            }
        }
        stored
    }

    /// Whether nothing is in a directory.
    pub(super) fn is_empty(&self, directory: &str) -> bool {
        let below = format!("{directory}/");
        [&self.files, &self.directories].iter().all(|paths| {
            let next = paths.range(below.clone()..).next();
            next.is_none_or(|path| !path.starts_with(&below))
        })
    }
}
