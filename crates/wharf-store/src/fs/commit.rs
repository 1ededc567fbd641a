//! Changes that are made in an order, with as few waits for the disk as that takes: all
//! content, and every new directory, is durable before the first name appears; then each
//! step waits once. [`Commit`] does what comes between the waits; who waits, and for how many
//! at once, is another's business ([`committers`](super::committers)).

mod awaited;
mod done;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::SystemTime;
use std::{slice, vec};

use bytes::Bytes;

use self::awaited::Awaited;
use self::done::is_in;
use super::disk::Stat;
use super::lanes::Turn;
use super::temporary::path_beside;
use super::tree::{ATTEMPTS, Needs, Tree, only_file, parent};
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

/// Changes under way. What [`Commit::needs`] names must be durable before they go on.
pub(super) struct Commit<'a> {
    tree: &'a Tree,
    /// Those still to be made.
    steps: vec::IntoIter<Vec<Change>>,
    /// What is ready of them, change by change.
    ready: vec::IntoIter<Ready<'a>>,
    /// Whose error it is if that cannot be made durable.
    at: Change,
    awaited: Awaited,
    /// Held to the end.
    _turns: Vec<Turn>,
}

/// A change whose content is on the disk, though not under its name.
enum Ready<'a> {
    /// Nothing is left to be done.
    Done,
    /// A new object is complete.
    Written(Temporary<'a>),
    /// An object that is to be moved.
    Object(Arc<File>),
    /// One whose bytes are durable.
    Durable,
    /// It takes nothing but to be done.
    AtOnce,
}

/// A file that goes again unless it is put in its place.
struct Temporary<'a> {
    tree: &'a Tree,
    path: String,
    file: Arc<File>,
    is_placed: bool,
}

// === impl Commit ===

impl<'a> Commit<'a> {
    /// Writes what the steps put, under other names. Of objects that hold the new content
    /// already, the turns are let go; those in `found` did while their turns were held, and are
    /// not read again. Nothing if there is nothing to be done.
    pub(super) fn prepare(
        tree: &'a Tree,
        steps: Vec<Vec<Change>>,
        same: Same,
        found: &BTreeSet<StorePath>,
        mut turns: Vec<Turn>,
    ) -> Result<Option<Self>> {
        let done = match same {
            Same::Keep => tree.done(&steps, found)?,
            Same::Replace => BTreeSet::new(),
        };
        // Whoever puts the same need not wait for what else we do.
        turns.retain(|turn| !done.contains(turn.path()));
        let changes = || steps.iter().flatten();
        let Some(at) = changes().find(|change| !is_in(&done, change)).cloned() else {
            return Ok(None);
        };
        let mut ready = Vec::new();
        let mut awaited = Awaited::default();
        for change in changes() {
            let prepared = if is_in(&done, change) {
                Ready::Done
            } else {
                tree.prepare(change)?
            };
            match &prepared {
                Ready::Written(Temporary { file, .. }) | Ready::Object(file) => {
                    awaited
                        .content
                        .push((change.place().clone(), Arc::clone(file)));
                }
                Ready::Done | Ready::Durable | Ready::AtOnce => {}
            }
            ready.push(prepared);
        }
        let mut commit = Self {
            tree,
            steps: steps.into_iter(),
            ready: ready.into_iter(),
            at,
            awaited,
            _turns: turns,
        };
        commit.begin()?;
        Ok(Some(commit))
    }

    /// Makes the first step if there is nothing that it must wait for: then it becomes durable
    /// together with the content of the others.
    fn begin(&mut self) -> Result<()> {
        let Some(step) = self.steps.as_slice().first() else {
            return Ok(());
        };
        let mut ready = self.ready.as_slice().iter().take(step.len());
        let waits = ready.any(|ready| matches!(ready, Ready::Written(_) | Ready::Object(_)));
        if !waits && let Some(step) = self.steps.next() {
            self.make(&step)?;
        }
        Ok(())
    }

    /// What must be durable now.
    pub(super) fn needs(&self) -> Needs<'_> {
        self.awaited.needs()
    }

    /// Goes on when that is durable: nothing if that was the last of it.
    pub(super) fn go_on(mut self, synced: io::Result<()>) -> Result<Option<Self>> {
        synced.map_err(|error| self.at.failed(error))?;
        self.awaited = Awaited::default();
        while let Some(mut step) = self.steps.next() {
            self.make(&step)?;
            if !self.awaited.is_empty() && !step.is_empty() {
                self.at = step.swap_remove(0);
                return Ok(Some(self));
            }
        }
        Ok(None)
    }

    /// Lets names appear and vanish, which then have to become durable.
    fn make(&mut self, step: &[Change]) -> Result<()> {
        // Once for all touches: what relies on them was written by the steps before.
        let touch = step.iter().find(|it| matches!(it, Change::Touch { .. }));
        let asked = match touch {
            Some(touch) => self.tree.asked().map_err(|error| touch.failed(error))?,
            None => None,
        };
        for (change, ready) in step.iter().zip(self.ready.by_ref()) {
            if matches!(ready, Ready::Done) {
                continue;
            }
            self.tree.place(change, ready, asked)?;
            match change {
                Change::Put { path, .. } | Change::Publish { to: path, .. } => {
                    self.awaited.named.push(path.clone());
                }
                Change::Remove { path } => self.awaited.gone.push(path.clone()),
                Change::Touch { .. } => {}
            }
        }
        Ok(())
    }
}

// === impl Tree ===

impl Tree {
    fn prepare(&self, change: &Change) -> Result<Ready<'_>> {
        match change {
            Change::Put { path, content } => self
                .write_beside(path, content)
                .map(Ready::Written)
                .map_err(|error| change.failed(error)),
            Change::Publish { from, to } => {
                // Asked first, so that a publication of nothing leaves no directories.
                let (object, stat) = self.source(from).map_err(|error| no_source(from, error))?;
                self.ensure(parent(to.as_str()))
                    .map_err(|error| change.failed(error))?;
                Ok(if self.durable.take(from.as_str(), stat) {
                    Ready::Durable
                } else {
                    Ready::Object(Arc::new(object))
                })
            }
            Change::Remove { .. } | Change::Touch { .. } => Ok(Ready::AtOnce),
        }
    }

    fn source(&self, from: &StorePath) -> io::Result<(File, Stat)> {
        let file = self.disk.open(&self.at(from.as_str()))?;
        let stat = only_file(from, self.disk.stat_open(&file)?)?;
        Ok((file, stat))
    }

    /// Lets the name appear, or vanish. When its directory is removed meanwhile, it is made
    /// again.
    fn place<'a>(
        &'a self,
        change: &Change,
        mut ready: Ready<'a>,
        asked: Option<SystemTime>,
    ) -> Result<()> {
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
                (Change::Touch { path }, _) => self.touch_after(asked, path),
                (
                    Change::Put { .. },
                    Ready::Done | Ready::Object(_) | Ready::Durable | Ready::AtOnce,
                ) => Ok(()),
            };
            match (placed, change) {
                (Err(error), Change::Put { path, content })
                    if error.kind() == ErrorKind::NotFound =>
                {
                    let again = self.write_beside(path, content).map_err(failed)?;
                    self.sync(&Needs {
                        files: vec![Arc::clone(&again.file)],
                        settled: vec![parent(path.as_str())],
                        ..Needs::default()
                    })
                    .map_err(failed)?;
                    ready = Ready::Written(again);
                }
                (Err(error), Change::Publish { from, to })
                    if error.kind() == ErrorKind::NotFound =>
                {
                    // Not worth another attempt if it is the source that has gone.
                    self.object(from).map_err(|_| no_source(from, error))?;
                    self.make_again(parent(to.as_str())).map_err(failed)?;
                }
                (placed, _) => return placed.map_err(failed),
            }
        }
        Err(failed(ErrorKind::NotFound.into()))
    }

    /// Writes the content to a file in the directory where it will stand.
    fn write_beside(&self, path: &StorePath, content: &Bytes) -> io::Result<Temporary<'_>> {
        let path = path.as_str();
        self.ensure(parent(path))?;
        self.in_directory(parent(path), || {
            let temporary = path_beside(path);
            let file = self.disk.create(&self.at(&temporary))?;
            let temporary = Temporary {
                tree: self,
                path: temporary,
                file: Arc::new(file),
                is_placed: false,
            };
            self.disk
                .append(&temporary.file, slice::from_ref(content))?;
            Ok(temporary)
        })
    }

    /// Makes a directory that turned out to be missing, whatever was known of it.
    fn make_again(&self, directory: &str) -> io::Result<()> {
        match self.make(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            made => made,
        }
    }

    /// Makes the directory if it is missing. If it, or one above it, is removed meanwhile,
    /// then whoever puts something into it finds out and tries again.
    fn ensure(&self, directory: &str) -> io::Result<()> {
        match self.make_unknown(directory) {
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
            Self::Put { path, .. }
            | Self::Publish { to: path, .. }
            | Self::Remove { path }
            | Self::Touch { path } => path,
        }
    }

    fn failed(&self, error: io::Error) -> StoreError {
        match self {
            Self::Put { path, .. } => write_failed("put", path, error),
            Self::Publish { to, .. } => write_failed("publish to", to, error),
            Self::Remove { path } => write_failed("remove", path, error),
            Self::Touch { path } => StoreError::from_io("touch", path, error),
        }
    }
}
