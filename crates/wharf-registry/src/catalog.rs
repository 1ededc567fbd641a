//! The names of all repositories, in the order in which the tree is walked: component by
//! component, a repository before those nested in it.

use std::collections::VecDeque;
use std::ops::Range;

use wharf_spec::{Page, RepositoryName};
use wharf_store::{Entry, EntryKind, Listing, StoreError};

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
        let top = self.inner.store.list(&Key::Repositories.path()).await;
        walk.enter(String::new(), or_nothing(top)?);
        while let Some(path) = walk.next() {
            // One more than the page shows whether there is more.
            let ahead = (wanted - found.len()).saturating_add(1).min(AHEAD);
            let children = self.children(&mut walk, ahead).await?;
            let Ok(name) = path.parse::<RepositoryName>() else {
                continue;
            };
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

    /// What is in the directory that the walk is at, looking at those after it as well.
    async fn children(&self, walk: &mut Walk, ahead: usize) -> Result<Listing> {
        if let Some((path, listing, places)) = walk.unseen(ahead) {
            let directory = match path.parse() {
                Ok(name) => Key::Repository(&name).path(),
                Err(_) => Key::Repositories.path(),
            };
            let store = &self.inner.store;
            let children = store.list_below(&directory, &listing, places).await;
            walk.see(or_nothing(children)?);
        }
        Ok(walk.seen().unwrap_or_default())
    }
}

fn or_nothing<T: Default>(found: wharf_store::Result<T>) -> Result<T> {
    match found {
        Err(StoreError::NotFound(_)) => Ok(T::default()),
        other => Ok(other?),
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
    /// What is in the child that is visited, and in those after it, as far as that was looked
    /// at.
    ahead: VecDeque<Listing>,
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
            ahead: VecDeque::new(),
        });
    }

    /// The directory that holds the one that [`Self::next`] named last, its listing, and the
    /// places of that one and of those after it, at most `most`; nothing if what is in it was
    /// looked at.
    fn unseen(&self, most: usize) -> Option<(&str, Listing, Range<usize>)> {
        let level = self.way.last()?;
        if !level.ahead.is_empty() {
            return None;
        }
        let from = level.next.checked_sub(1)?;
        let run = (from..).map_while(|place| level.children.at(place));
        let run = run.take(most).take_while(Level::is_visited);
        let until = from + run.count();
        Some((&level.path, level.children.clone(), from..until))
    }

    /// Keeps what is in the directories that were named by [`Self::unseen`].
    fn see(&mut self, listings: Vec<Listing>) {
        if let Some(level) = self.way.last_mut() {
            level.ahead.extend(listings);
        }
    }

    /// What is in the directory that [`Self::next`] named last.
    fn seen(&mut self) -> Option<Listing> {
        self.way.last_mut()?.ahead.pop_front()
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
            if Level::is_visited(&child) {
                return Some(if level.path.is_empty() {
                    child.name.to_owned()
                } else {
                    [level.path.as_str(), "/", child.name].concat()
                });
            }
        }
    }

    /// Whether `path`, where the walk is, comes after the start. Component-wise order, which is
    /// the order of the walk: what follows the first that does needs no comparison.
    pub(crate) fn is_past_last(&mut self, path: &str) -> bool {
        if let Some(last) = &self.last {
            if path.split('/').le(last.split('/')) {
                return false;
            }
            self.last = None;
        }
        true
    }

    /// The next component of the start, if that is below `path`.
    fn last_below(&self, path: &str) -> Option<&str> {
        let mut last = self.last.as_deref()?.split('/');
        let is_above = path.is_empty() || path.split('/').all(|part| last.next() == Some(part));
        is_above.then(|| last.next()).flatten()
    }
}

// === impl Level ===

impl Level {
    /// True for what may be, or hold, a repository.
    fn is_visited(entry: &Entry<'_>) -> bool {
        match entry.kind {
            EntryKind::Directory => !entry.name.starts_with('_'),
            EntryKind::Object => false,
        }
    }
}

/// Directories that are looked at together.
const AHEAD: usize = 128;
