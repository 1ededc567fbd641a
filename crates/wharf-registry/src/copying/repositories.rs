//! All repositories, several at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::RepositoryName;
use wharf_store::{EntryKind, Listing, Result, Store, StoreError, StorePath};

use super::events::CopyStage;
use super::pass::Pass;
use crate::key::Key;

/// The repositories of a storage.
#[derive(Default)]
struct Names {
    names: BTreeSet<RepositoryName>,
    /// Directories that cannot be one, or hold one.
    strange: Vec<String>,
    /// Directories that could not be listed.
    failed: Vec<(StorePath, StoreError)>,
}

// === impl Pass ===

impl Pass<'_> {
    pub(super) async fn repositories(&self) -> Result<()> {
        let from = Names::of(self.source).await;
        for path in &from.strange {
            self.strange(path, "its name is not that of a repository");
        }
        for (path, error) in &from.failed {
            self.unreadable(path, error);
        }
        let mut there = Names::of(self.target).await;
        if let Some((_, error)) = there.failed.pop() {
            return Err(error);
        }
        let (done, all) = (AtomicUsize::new(0), from.names.len());
        stream::iter(&from.names)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, async |name| {
                self.repository(name).await?;
                self.count(|copied| copied.repositories += 1);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.is_at(CopyStage::Repositories(done, all));
                Ok(())
            })
            .await?;
        // What could not be looked at may hold any repository.
        if from.failed.is_empty() {
            for name in there.names.difference(&from.names) {
                self.repository_has_gone(name).await?;
            }
        }
        Ok(())
    }
}

// === impl Names ===

impl Names {
    /// Level by level, several directories at once.
    async fn of(store: &dyn Store) -> Self {
        let mut found = Self::default();
        let mut level = vec![String::new()];
        while !level.is_empty() {
            let listed: Vec<_> = stream::iter(level)
                .map(async |path| {
                    let listing = list(store, &path).await;
                    (path, listing)
                })
                .buffered(LISTS)
                .collect()
                .await;
            level = Vec::new();
            for (path, listing) in listed {
                match listing {
                    Ok(listing) => found.enter(&path, &listing, &mut level),
                    Err(failed) => found.failed.push(failed),
                }
            }
        }
        found
    }

    fn enter(&mut self, path: &str, listing: &Listing, below: &mut Vec<String>) {
        if let Ok(name) = path.parse()
            && ["_layers", "_manifests"]
                .iter()
                .any(|part| listing.contains(part))
        {
            self.names.insert(name);
        }
        for entry in listing.iter() {
            let path = match (entry.kind, path) {
                (EntryKind::Object, _) => continue,
                (EntryKind::Directory, _) if entry.name.starts_with('_') => continue,
                (EntryKind::Directory, "") => entry.name.to_owned(),
                (EntryKind::Directory, path) => format!("{path}/{}", entry.name),
            };
            if path.parse::<RepositoryName>().is_ok() {
                below.push(path);
            } else {
                let root = Key::Repositories.path();
                self.strange.push(format!("{root}/{path}"));
            }
        }
    }
}

async fn list(
    store: &dyn Store,
    path: &str,
) -> std::result::Result<Listing, (StorePath, StoreError)> {
    let path = match path.parse() {
        Ok(name) => Key::Repository(&name).path(),
        Err(_) => Key::Repositories.path(),
    };
    match store.list(&path).await {
        Ok(listing) => Ok(listing),
        Err(StoreError::NotFound(_)) => Ok(Listing::default()),
        Err(error) => Err((path, error)),
    }
}

/// Repositories that are copied at once.
const AT_ONCE: usize = 8;
/// Directories that are listed at once.
const LISTS: usize = 32;
