//! The directory tree below the root: where paths are, and how directories come into
//! being so that they survive power loss.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::disk::{Disk, Kind, Stat};
use super::known::{Claim, Known};
use super::syncer::{Syncer, Syncing, Wanted};
use crate::StorePath;

/// What every operation of the driver works on. Its methods block.
pub(super) struct Tree {
    root: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) known: Known,
    syncer: Syncer,
    /// Filled once what a process before us may have left unsynced is durable.
    inherited: OnceLock<()>,
    /// Held while that is being done.
    inheriting: Mutex<()>,
}

/// How often a write starts again because its directory was removed under it.
pub(super) const ATTEMPTS: usize = 16;

// === impl Tree ===

impl Tree {
    pub(super) fn new(root: PathBuf, disk: Arc<dyn Disk>, syncing: Syncing) -> Self {
        Self {
            syncer: Syncer::new(Arc::clone(&disk), &root, syncing),
            root,
            disk,
            known: Known::default(),
            inherited: OnceLock::new(),
            inheriting: Mutex::default(),
        }
    }

    /// Where a path relative to the root is; the root itself for an empty one.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        }
    }

    /// What the path stands for, if that is an object.
    pub(super) fn object(&self, path: &StorePath) -> io::Result<Stat> {
        only_file(path, self.disk.stat(&self.at(path.as_str()))?)
    }

    /// Does `work` inside a directory that it creates if need be. When the directory is
    /// removed meanwhile, `work` is done again.
    pub(super) fn in_directory<T>(
        &self,
        directory: &str,
        mut work: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        let mut done = work();
        for _ in 0..ATTEMPTS {
            match done {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    done = self.make(directory).and_then(|()| work());
                }
                _ => break,
            }
        }
        done
    }

    /// Makes durable, at once: the content of the files; the names in the directories of
    /// `changed`; and the directories of `settled` themselves with those above them, as far
    /// as they are not known to be: also one that was found existing, since whoever made it
    /// may not have synced yet, or was killed before. If one is gone, then so is what was
    /// written below it: nothing to do.
    pub(super) fn sync(
        &self,
        files: &[&File],
        changed: &[&str],
        settled: &[&str],
    ) -> io::Result<()> {
        let mut wanted = Wanted {
            files: files.to_vec(),
            ..Wanted::default()
        };
        let mut claims: Vec<Claim<'_>> = Vec::new();
        for directory in settled.iter().flat_map(|settled| prefixes(settled)) {
            if self.known.contains(directory) || claims.iter().any(|it| it.is_of(directory)) {
                continue;
            }
            let claim = self.known.claim(directory);
            match self.disk.stat(&self.at(directory)) {
                Ok(_) => wanted.directory(self.at(parent(directory))),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            claims.push(claim);
        }
        for directory in changed {
            wanted.directory(self.at(directory));
        }
        self.syncer.sync(&wanted)?;
        claims.into_iter().for_each(Claim::confirm);
        Ok(())
    }

    /// Makes durable what a process before us may have left unsynced, once: it may have been
    /// killed between a rename and its sync.
    pub(super) fn settle_inherited(&self) -> io::Result<()> {
        let _turn = self
            .inheriting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.has_settled_inherited() {
            self.syncer.everything()?;
            self.inherited.get_or_init(|| ());
        }
        Ok(())
    }

    pub(super) fn has_settled_inherited(&self) -> bool {
        self.inherited.get().is_some()
    }

    /// Moves a file over whatever stands at `to`.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let from = self.at(from);
        match self.disk.rename(&from, &self.at(to)) {
            Err(error) if error.kind() == ErrorKind::IsADirectory => {
                self.make_room(to, error)?;
                self.disk.rename(&from, &self.at(to))
            }
            renamed => renamed,
        }
    }

    /// Removes an empty directory that stands where a file belongs, as Docker makes one where
    /// it mounts a file that is missing. One with something in it is not ours to remove.
    pub(super) fn make_room(&self, path: &str, refused: io::Error) -> io::Result<()> {
        self.disk
            .remove_directory(&self.at(path))
            .map_err(|_| refused)
    }

    /// Makes a directory, and those above it as far as they are missing.
    pub(super) fn make(&self, directory: &str) -> io::Result<()> {
        match self.make_one(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound && directory.contains('/') => {
                self.make(parent(directory))?;
                self.make_one(directory)
            }
            made => made,
        }
    }

    fn make_one(&self, directory: &str) -> io::Result<()> {
        match self.disk.make_directory(&self.at(directory)) {
            // It was not there, whatever we knew of it: another process removed it.
            Ok(()) => self.known.forget(directory),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// `NotFound` for whatever has no bytes to read. Nobody stored it, so the operator hears of it.
pub(super) fn only_file(path: &StorePath, stat: Stat) -> io::Result<Stat> {
    if stat.kind == Kind::File {
        Ok(stat)
    } else {
        let path = path.as_str();
        tracing::warn!(path, kind = ?stat.kind, "what stands where a file belongs counts as absent");
        Err(ErrorKind::NotFound.into())
    }
}

/// The directory that a relative path is in; empty for the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A relative directory and those above it below the root, from the top.
fn prefixes(directory: &str) -> impl Iterator<Item = &str> {
    let above = directory
        .match_indices('/')
        .filter_map(|(at, _)| directory.get(..at));
    above.chain((!directory.is_empty()).then_some(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_down() {
        assert_eq!(
            prefixes("a/bc/d").collect::<Vec<_>>(),
            ["a", "a/bc", "a/bc/d"]
        );
        assert_eq!(prefixes("").count(), 0);
        assert_eq!((parent("a/bc/d"), parent("a")), ("a/bc", ""));
    }
}
