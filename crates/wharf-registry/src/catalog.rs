//! The names of all repositories, in the order in which the tree is walked: component by
//! component, a repository before those nested in it.

use wharf_spec::{Page, RepositoryName};
use wharf_store::{EntryKind, Listing, StoreError};

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
        walk.enter(String::new(), self.children(None).await?);
        while let Some(path) = walk.next() {
            let Ok(name) = path.parse::<RepositoryName>() else {
                continue;
            };
            let children = self.children(Some(&name)).await?;
            let is_repository = children.contains("_manifests");
            let passed = walk.is_past_last(&path);
            walk.enter(path, children);
            if is_repository && passed {
                if found.len() == wanted {
                    return Ok((found, wanted > 0));
                }
                found.push(name);
            }
        }
        Ok((found, false))
    }

    async fn children(&self, name: Option<&RepositoryName>) -> Result<Listing> {
        let directory = name.map_or(Key::Repositories, Key::Repository);
        match self.inner.store.list(&directory.path()).await {
            Err(StoreError::NotFound(_)) => Ok(Listing::default()),
            other => Ok(other?),
        }
    }
}

/// A depth-first walk that goes straight to its start.
pub(crate) struct Walk {
    last: Option<String>,
    /// The directories on the way down to where it is, the deepest last.
    way: Vec<Level>,
}

struct Level {
    path: String,
    children: Listing,
    /// The place of the child to visit next.
    next: usize,
}

// === impl Walk ===

impl Walk {
    pub(crate) fn after(last: Option<&str>) -> Self {
        Self {
            last: last.map(str::to_owned),
            way: Vec::new(),
        }
    }

    /// Puts the directories below `path`, the last one that was visited (or empty, for the
    /// top), on the way, but those that end before the start.
    pub(crate) fn enter(&mut self, path: String, children: Listing) {
        let next = match self.last_below(&path) {
            Some(last) => children.first_from(last),
            None => 0,
        };
        self.way.push(Level {
            path,
            children,
            next,
        });
    }

    /// The next directory, as a path.
    pub(crate) fn next(&mut self) -> Option<String> {
        loop {
            let level = self.way.last_mut()?;
            let Some(child) = level.children.at(level.next) else {
                self.way.pop();
                continue;
            };
            level.next += 1;
            match child.kind {
                EntryKind::Directory if !child.name.starts_with('_') => {
                    return Some(if level.path.is_empty() {
                        child.name.to_owned()
                    } else {
                        format!("{}/{}", level.path, child.name)
                    });
                }
                EntryKind::Directory | EntryKind::Object => {}
            }
        }
    }

    /// Component-wise order, which is the order of the walk.
    fn is_past_last(&self, path: &str) -> bool {
        self.last
            .as_deref()
            .is_none_or(|last| path.split('/').gt(last.split('/')))
    }

    /// The next component of the start, if that is below `path`.
    fn last_below(&self, path: &str) -> Option<&str> {
        let mut last = self.last.as_deref()?.split('/');
        let is_above = path.is_empty() || path.split('/').all(|part| last.next() == Some(part));
        is_above.then(|| last.next()).flatten()
    }
}
