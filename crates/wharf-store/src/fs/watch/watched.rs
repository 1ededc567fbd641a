//! Which directories are watched, and what an event means for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rustix::fs::inotify::{Event, ReadFlags};

use super::CALM;

/// A directory that is watched.
pub(super) struct Directory {
    /// Relative to the root.
    path: String,
    changes: AtomicU64,
}

/// The directories by their numbers and by their paths.
pub(super) struct Watched {
    by_number: HashMap<i32, Arc<Directory>>,
    by_path: HashMap<String, Arc<Directory>>,
    /// How often something happened that may concern a directory that is being added.
    upheavals: u64,
    root: Option<(u64, u64)>,
    emptied: Option<Instant>,
}

// === impl Watched ===

impl Watched {
    pub(super) fn new(root: Option<(u64, u64)>) -> Self {
        Self {
            by_number: HashMap::new(),
            by_path: HashMap::new(),
            upheavals: 0,
            root,
            emptied: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn get(&self, path: &str) -> Option<&Arc<Directory>> {
        self.by_path.get(path)
    }

    pub(super) fn upheavals(&self) -> u64 {
        self.upheavals
    }

    /// A directory that has a number already is known by the latest of its paths.
    pub(super) fn insert(&mut self, number: i32, path: &str) {
        let before = self.by_number.get(&number).map(Arc::clone);
        let directory = match before {
            Some(before) if before.path == path => before,
            before => {
                if let Some(before) = before {
                    self.lose(&before);
                }
                Arc::new(Directory {
                    path: path.to_owned(),
                    changes: AtomicU64::default(),
                })
            }
        };
        self.by_number.insert(number, Arc::clone(&directory));
        self.by_path.insert(path.to_owned(), directory);
    }

    /// What is known of another root says nothing about this one, nor about one that cannot be
    /// told at this moment.
    pub(super) fn is_rooted_at(&mut self, root: Option<(u64, u64)>) {
        if root.is_none() || self.root != root {
            self.root = root;
            self.forget_all();
        }
    }

    pub(super) fn apply(&mut self, event: &Event<'_>) {
        let what = event.events();
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            return self.forget_all();
        }
        let Some(directory) = self.by_number.get(&event.wd()).map(Arc::clone) else {
            self.upheavals += 1;
            return;
        };
        directory.change();
        if what.intersects(ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT) {
            self.forget_all();
        } else if what.intersects(ReadFlags::DELETE_SELF | ReadFlags::IGNORED) {
            self.lose(&directory);
            if what.contains(ReadFlags::IGNORED) {
                self.by_number.remove(&event.wd());
            }
        } else if what.contains(ReadFlags::ISDIR) {
            // What has gone may live on where somebody is in it, and tell of its end later.
            self.upheavals += 1;
            let name = event.file_name().and_then(|name| name.to_str().ok());
            let child = name.and_then(|name| self.by_path.get(&directory.below(name)));
            if let Some(child) = child.map(Arc::clone) {
                self.lose(&child);
            }
        }
    }

    /// Breaks all seals. The directories keep their numbers; which paths they have is to be
    /// found out again.
    pub(super) fn forget_all(&mut self) {
        self.upheavals += 1;
        self.by_path.clear();
        for directory in self.by_number.values() {
            directory.change();
        }
    }

    /// The same, with the numbers, which are to be given up; nothing if that was done a moment
    /// ago.
    pub(super) fn take_all(&mut self, now: Instant) -> Option<Vec<i32>> {
        if self
            .emptied
            .is_some_and(|last| now.duration_since(last) < CALM)
        {
            return None;
        }
        self.emptied = Some(now);
        self.forget_all();
        Some(self.by_number.drain().map(|(number, _)| number).collect())
    }

    /// Another directory may be at its path.
    fn lose(&mut self, directory: &Arc<Directory>) {
        directory.change();
        self.upheavals += 1;
        if self
            .by_path
            .get(&directory.path)
            .is_some_and(|known| Arc::ptr_eq(known, directory))
        {
            self.by_path.remove(&directory.path);
        }
    }
}

// === impl Directory ===

impl Directory {
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn change(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_root_and_one_that_cannot_be_told_break_every_seal() {
        let here = Some((1, 2));
        for (root, breaks) in [(here, false), (Some((1, 3)), true), (None, true)] {
            let mut watched = Watched::new(here);
            watched.insert(1, "a");
            let directory = Arc::clone(watched.get("a").unwrap());
            for _ in 0..2 {
                let before = directory.changes();
                watched.is_rooted_at(root);
                let expected = breaks && (root.is_none() || before == 0);
                assert_eq!(directory.changes() > before, expected, "{root:?}");
            }
        }
    }
}
