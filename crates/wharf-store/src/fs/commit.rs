//! Changes that are made in an order, with as few waits for the disk as that takes: all
//! content, and every new directory, is durable before the first name appears; then each
//! step waits once. [`Commit`] does what comes between the waits; who waits, and for how many
//! at once, is another's business ([`committers`](super::committers)).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::SystemTime;
use std::{slice, vec};

use bytes::Bytes;

use super::disk::Stat;
use super::lanes::Turn;
use super::read::INLINE_BYTES;
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
    steps: slice::Iter<'a, Vec<Change>>,
    /// What is ready of them, change by change.
    ready: vec::IntoIter<Ready<'a>>,
    /// Whose error it is if that cannot be made durable.
    at: &'a Change,
    needs: Needs<'a>,
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
    /// already, the turns are let go. Nothing if there is nothing to be done.
    pub(super) fn prepare(
        tree: &'a Tree,
        steps: &'a [Vec<Change>],
        same: Same,
        mut turns: Vec<Turn>,
    ) -> Result<Option<Self>> {
        let done = match same {
            Same::Keep => tree.done(steps)?,
            Same::Replace => BTreeSet::new(),
        };
        // Whoever puts the same need not wait for what else we do.
        turns.retain(|turn| !done.contains(turn.path()));
        let changes = || steps.iter().flatten();
        let Some(at) = changes().find(|change| !is_in(&done, change)) else {
            return Ok(None);
        };
        let mut ready = Vec::new();
        let mut needs = Needs::default();
        for change in changes() {
            let prepared = if is_in(&done, change) {
                Ready::Done
            } else {
                tree.prepare(change)?
            };
            match &prepared {
                Ready::Written(Temporary { file, .. }) | Ready::Object(file) => {
                    needs.files.push(Arc::clone(file));
                    needs.settled.push(parent(change.place().as_str()));
                }
                Ready::Done | Ready::Durable | Ready::AtOnce => {}
            }
            ready.push(prepared);
        }
        let mut commit = Self {
            tree,
            steps: steps.iter(),
            ready: ready.into_iter(),
            at,
            needs,
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
        if ready.all(|ready| !matches!(ready, Ready::Written(_) | Ready::Object(_))) {
            self.steps.next();
            self.make(step)?;
        }
        Ok(())
    }

    /// What must be durable now.
    pub(super) const fn needs(&self) -> &Needs<'a> {
        &self.needs
    }

    /// Goes on when that is durable: nothing if that was the last of it.
    pub(super) fn go_on(mut self, synced: io::Result<()>) -> Result<Option<Self>> {
        synced.map_err(|error| self.at.failed(error))?;
        self.needs = Needs::default();
        while let Some(step) = self.steps.next() {
            self.make(step)?;
            if let (Some(at), false) = (step.first(), self.needs.is_empty()) {
                self.at = at;
                return Ok(Some(self));
            }
        }
        Ok(None)
    }

    /// Lets names appear and vanish, which then have to become durable.
    fn make(&mut self, step: &'a [Change]) -> Result<()> {
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
            let directory = parent(change.place().as_str());
            match change {
                Change::Put { .. } | Change::Publish { .. } => self.needs.name_in(directory),
                Change::Remove { .. } => self.needs.changed.push(directory),
                Change::Touch { .. } => {}
            }
        }
        Ok(())
    }
}

// === impl Tree ===

impl Tree {
    /// What is to be put and is there already, durably.
    fn done<'a>(&self, steps: &'a [Vec<Change>]) -> Result<BTreeSet<&'a StorePath>> {
        // It is relied on from now on. If it goes before that is said, it is put.
        let done = there_already(steps, |path, content| {
            self.holds(path, content).unwrap_or(false)
                && !matches!(self.touch(path), Err(error) if error.kind() == ErrorKind::NotFound)
        });
        if let Some(path) = done.first() {
            self.settle_inherited()
                .map_err(|error| write_failed("put", path, error))?;
        }
        Ok(done)
    }

    /// As much of that as can be told without waiting.
    pub(super) fn done_now<'a>(&self, steps: &'a [Vec<Change>]) -> BTreeSet<&'a StorePath> {
        if !self.has_settled_inherited() {
            return BTreeSet::new();
        }
        there_already(steps, |path, content| {
            self.holds_now(path, content).unwrap_or(false)
        })
    }

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

    /// True when the object has this content already.
    fn holds(&self, path: &StorePath, content: &Bytes) -> io::Result<bool> {
        let file = self.disk.open(&self.at(path.as_str()))?;
        let length = content.len() as u64;
        if self.disk.stat_open(&file)?.size != length {
            return Ok(false);
        }
        Ok(self.disk.read(&file, length.saturating_add(1))? == **content)
    }

    /// The same of what is small, or `WouldBlock`.
    fn holds_now(&self, path: &StorePath, content: &Bytes) -> io::Result<bool> {
        if content.len() > INLINE_BYTES {
            return Err(ErrorKind::WouldBlock.into());
        }
        let (file, stat) = self.disk.open_now(&self.at(path.as_str()))?;
        Ok(stat.size == content.len() as u64
            && self.disk.read_now(&file, content.len())? == **content)
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

/// True when nothing is left to be done for the change. A touch is for this moment.
fn is_in(done: &BTreeSet<&StorePath>, change: &Change) -> bool {
    !matches!(change, Change::Touch { .. }) && done.contains(change.place())
}

/// What is to be put, is not to be changed otherwise, and is found to be there.
fn there_already(
    steps: &[Vec<Change>],
    is_there: impl Fn(&StorePath, &Bytes) -> bool,
) -> BTreeSet<&StorePath> {
    let (mut done, mut changing) = (BTreeSet::new(), BTreeSet::new());
    for change in steps.iter().flatten() {
        match change {
            Change::Put { path, content } if is_there(path, content) => done.insert(path),
            Change::Put { .. } | Change::Publish { .. } | Change::Remove { .. } => {
                changing.insert(change.place())
            }
            Change::Touch { .. } => continue,
        };
    }
    done.retain(|path| !changing.contains(path));
    done
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
