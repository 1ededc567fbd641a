//! The names of all repositories, in the order in which the tree is walked: component by
//! component, a repository before those nested in it.

use wharf_spec::{Page, RepositoryName};
use wharf_store::{Entry, EntryKind, StoreError};

use crate::key::Key;
use crate::{Registry, Result};

impl Registry {
    /// The repositories after `page.last`, at most `page.n`, and whether more may follow.
    /// What it costs grows with the page, not with the registry.
    ///
    /// # Errors
    /// The store's.
    pub async fn catalog(&self, page: &Page) -> Result<(Vec<RepositoryName>, bool)> {
        let wanted = page.n.unwrap_or(usize::MAX);
        let mut walk = Walk::after(page.last.as_deref());
        let mut found = Vec::new();
        walk.enter(&[], self.children(None).await?);
        while let Some(path) = walk.next() {
            let Ok(name) = path.join("/").parse::<RepositoryName>() else {
                continue;
            };
            let entries = self.children(Some(&name)).await?;
            let is_repository = entries.iter().any(|entry| entry.name == "_manifests");
            let passed = walk.is_past_last(&path);
            walk.enter(&path, entries);
            if is_repository && passed {
                if found.len() == wanted {
                    return Ok((found, wanted > 0));
                }
                found.push(name);
            }
        }
        Ok((found, false))
    }

    async fn children(&self, name: Option<&RepositoryName>) -> Result<Vec<Entry>> {
        let directory = name.map_or(Key::Repositories, Key::Repository);
        match self.inner.store.list(&directory.path()).await {
            Err(StoreError::NotFound(_)) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }
}

/// A depth-first walk that skips what comes before its start.
pub(crate) struct Walk {
    last: Vec<String>,
    /// Paths still to visit; the next one is on top.
    pending: Vec<Vec<String>>,
}

// === impl Walk ===

impl Walk {
    pub(crate) fn after(last: Option<&str>) -> Self {
        let last = last.map_or_else(Vec::new, |last| {
            last.split('/').map(str::to_owned).collect()
        });
        Self {
            last,
            pending: Vec::new(),
        }
    }

    /// Puts the directories below `path` on the way, but those that end before the start.
    pub(crate) fn enter(&mut self, path: &[String], entries: Vec<Entry>) {
        for entry in entries.into_iter().rev() {
            if entry.kind == EntryKind::Object || entry.name.starts_with('_') {
                continue;
            }
            let mut child = path.to_vec();
            child.push(entry.name);
            if self.is_past_last(&child) || self.last.starts_with(&child) {
                self.pending.push(child);
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<Vec<String>> {
        self.pending.pop()
    }

    /// Component-wise order, which is the order of the walk.
    fn is_past_last(&self, path: &[String]) -> bool {
        path > self.last.as_slice()
    }
}
