//! Changes that are made in an order, with as few waits for the disk as that takes: all
//! content, and every new directory, is durable before the first name appears; then each
//! step waits once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::slice;

use bytes::Bytes;

use super::temporary::path_beside;
use super::tree::{ATTEMPTS, Tree, parent};
use super::write_failed;
use crate::{Change, Result, StoreError, StorePath};

/// What becomes of an object that holds the new content already, durably.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Same {
    /// It is left alone.
    Keep,
    /// It is replaced all the same.
    Replace,
}

/// A change whose content is on the disk, though not under its name.
enum Ready<'a> {
    /// Nothing is left to be done.
    Done,
    /// A new object is complete.
    Written(Temporary<'a>),
    /// What is to be moved or removed is there.
    There,
}

/// A file that goes again unless it is put in its place.
struct Temporary<'a> {
    tree: &'a Tree,
    path: String,
    file: File,
    is_placed: bool,
}

// === impl Tree ===

impl Tree {
    /// Makes the changes, step by step. Of objects that hold the new content already,
    /// `release` is told before the disk is waited for.
    pub(super) fn commit(
        &self,
        steps: &[Vec<Change>],
        same: Same,
        release: impl FnOnce(&BTreeSet<&StorePath>),
    ) -> Result<()> {
        let done = match same {
            Same::Keep => self.done(steps)?,
            Same::Replace => BTreeSet::new(),
        };
        release(&done);
        let mut ready = Vec::new();
        for change in steps.iter().flatten() {
            ready.push(if done.contains(change.place()) {
                Ready::Done
            } else {
                self.prepare(change)?
            });
        }
        let Some(first) = steps.iter().flatten().next() else {
            return Ok(());
        };
        self.settle_ready(&ready, steps.iter().flatten())
            .map_err(|error| first.failed(error))?;
        let mut ready = ready.into_iter();
        for step in steps {
            let (mut changed, mut settled) = (Vec::new(), Vec::new());
            for (change, ready) in step.iter().zip(ready.by_ref()) {
                if matches!(ready, Ready::Done) {
                    continue;
                }
                self.place(change, ready)?;
                let directory = parent(change.place().as_str());
                changed.push(directory);
                // What was settled before may have been removed, and made again by someone
                // who did not sync.
                match change {
                    Change::Put { .. } | Change::Publish { .. } => settled.push(directory),
                    Change::Remove { .. } => {}
                }
            }
            let synced = self.sync(&[], &changed, &settled);
            if let (Err(error), Some(change)) = (synced, step.first()) {
                return Err(change.failed(error));
            }
        }
        Ok(())
    }

    /// What is to be put and is there already, durably.
    fn done<'a>(&self, steps: &'a [Vec<Change>]) -> Result<BTreeSet<&'a StorePath>> {
        let (mut done, mut changing) = (BTreeSet::new(), BTreeSet::new());
        for change in steps.iter().flatten() {
            match change {
                Change::Put { path, content } if self.holds(path, content) => done.insert(path),
                Change::Put { .. } | Change::Publish { .. } | Change::Remove { .. } => {
                    changing.insert(change.place())
                }
            };
        }
        done.retain(|path| !changing.contains(path));
        if let Some(path) = done.first() {
            self.settle_inherited()
                .map_err(|error| write_failed("put", path, error))?;
        }
        Ok(done)
    }

    fn prepare(&self, change: &Change) -> Result<Ready<'_>> {
        match change {
            Change::Put { path, content } => self
                .write_beside(path, content)
                .map(Ready::Written)
                .map_err(|error| change.failed(error)),
            Change::Publish { from, to } => {
                // Asked first, so that a publication of nothing leaves no directories.
                self.object(from).map_err(|error| no_source(from, error))?;
                let directory = parent(to.as_str());
                self.ensure(directory)
                    .map(|()| Ready::There)
                    .map_err(|error| change.failed(error))
            }
            Change::Remove { .. } => Ok(Ready::There),
        }
    }

    /// Syncs what was prepared, and the directories that it is to stand in.
    fn settle_ready<'a>(
        &self,
        ready: &[Ready<'_>],
        changes: impl Iterator<Item = &'a Change>,
    ) -> io::Result<()> {
        let (mut files, mut settled) = (Vec::new(), Vec::new());
        for (ready, change) in ready.iter().zip(changes) {
            match ready {
                Ready::Done => continue,
                Ready::Written(temporary) => files.push(&temporary.file),
                Ready::There => {}
            }
            match change {
                Change::Put { path: to, .. } | Change::Publish { to, .. } => {
                    settled.push(parent(to.as_str()));
                }
                Change::Remove { .. } => {}
            }
        }
        self.sync(&files, &[], &settled)
    }

    /// Lets the name appear, or vanish. When its directory is removed meanwhile, it is made
    /// again.
    fn place<'a>(&'a self, change: &Change, mut ready: Ready<'a>) -> Result<()> {
        let failed = |error| change.failed(error);
        for _ in 0..ATTEMPTS {
            let placed = match (change, &mut ready) {
                (Change::Put { path, .. }, Ready::Written(temporary)) => {
                    temporary.place(path.as_str())
                }
                (Change::Publish { from, to }, _) => self.rename(from.as_str(), to.as_str()),
                (Change::Remove { path }, _) => match self.remove_tree(path.as_str()) {
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                    removed => removed,
                },
                (Change::Put { .. }, Ready::Done | Ready::There) => Ok(()),
            };
            match (placed, change) {
                (Err(error), Change::Put { path, content })
                    if error.kind() == ErrorKind::NotFound =>
                {
                    let again = self.write_beside(path, content).map_err(failed)?;
                    let directory = parent(path.as_str());
                    self.sync(slice::from_ref(&&again.file), &[], &[directory])
                        .map_err(failed)?;
                    ready = Ready::Written(again);
                }
                (Err(error), Change::Publish { from, to })
                    if error.kind() == ErrorKind::NotFound =>
                {
                    // Not worth another attempt if it is the source that has gone.
                    self.object(from).map_err(|_| no_source(from, error))?;
                    self.ensure(parent(to.as_str())).map_err(failed)?;
                }
                (placed, _) => return placed.map_err(failed),
            }
        }
        Err(failed(ErrorKind::NotFound.into()))
    }

    /// Writes the content to a file in the directory where it will stand.
    fn write_beside(&self, path: &StorePath, content: &Bytes) -> io::Result<Temporary<'_>> {
        let path = path.as_str();
        self.in_directory(parent(path), || {
            let temporary = path_beside(path);
            let file = self.disk.create(&self.at(&temporary))?;
            let temporary = Temporary {
                tree: self,
                path: temporary,
                file,
                is_placed: false,
            };
            self.disk
                .append(&temporary.file, slice::from_ref(content))?;
            Ok(temporary)
        })
    }

    /// True when the object has this content already.
    fn holds(&self, path: &StorePath, content: &Bytes) -> bool {
        let read = || {
            let file = self.disk.open(&self.at(path.as_str()))?;
            let length = content.len() as u64;
            if self.disk.stat_open(&file)?.size != length {
                return Ok(false);
            }
            Ok::<_, io::Error>(self.disk.read(&file, length + 1)? == **content)
        };
        read().unwrap_or(false)
    }

    /// Makes the directory if it is missing. If it, or one above it, is removed meanwhile,
    /// then whoever puts something into it finds out and tries again.
    fn ensure(&self, directory: &str) -> io::Result<()> {
        let there = match self.disk.stat(&self.at(directory)) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make(directory),
            there => there.map(drop),
        };
        match there {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            there => there,
        }
    }
}

fn no_source(from: &StorePath, error: io::Error) -> StoreError {
    StoreError::from_io("publish", from, error)
}

// === impl Temporary ===

impl Temporary<'_> {
    fn place(&mut self, to: &str) -> io::Result<()> {
        self.tree.rename(&self.path, to)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_placed {
            // If even this fails, one stays, as when the process is killed.
            _ = self.tree.disk.unlink(&self.tree.at(&self.path));
        }
    }
}

// === impl Change ===

impl Change {
    /// What it changes.
    pub(super) fn place(&self) -> &StorePath {
        match self {
            Self::Put { path, .. } | Self::Publish { to: path, .. } | Self::Remove { path } => path,
        }
    }

    fn failed(&self, error: io::Error) -> StoreError {
        match self {
            Self::Put { path, .. } => write_failed("put", path, error),
            Self::Publish { to, .. } => write_failed("publish to", to, error),
            Self::Remove { path } => write_failed("remove", path, error),
        }
    }
}
