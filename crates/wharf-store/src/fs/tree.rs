//! The directory tree below the root: where paths are, and how directories come into
//! being so that they survive power loss.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{iter, slice};

use super::disk::{Disk, Kind, Name, Stat};
use super::durable::Durable;
use super::known::{Claim, Known};
use super::locks::Locks;
use super::syncer::{Syncer, Syncing, Wanted};
use super::watch::Watch;
use crate::StorePath;

/// What every operation of the driver works on. Its methods block.
pub(super) struct Tree {
    root: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) known: Known,
    pub(super) durable: Durable,
    pub(super) locks: Locks,
    /// Filled when something is to be known for the first time: the kernel has few for a user.
    watch: OnceLock<Option<Watch>>,
    syncer: Syncer,
    /// Filled once what a process before us may have left unsynced is durable.
    inherited: OnceLock<()>,
    /// Held while that is being done.
    inheriting: Mutex<()>,
}

/// What is to be durable.
#[derive(Default)]
pub(super) struct Needs<'a> {
    /// The content of these files.
    pub(super) files: Vec<Arc<File>>,
    /// The names in these directories.
    pub(super) changed: Vec<&'a str>,
    /// These directories themselves with those above them, as far as they are not known to
    /// be: also one that was found existing, since whoever made it may not have synced yet,
    /// or was killed before. If one is gone, then so is what was written below it: nothing
    /// to do.
    pub(super) settled: Vec<&'a str>,
}

/// How often a write starts again because its directory was removed under it.
pub(super) const ATTEMPTS: usize = 16;

// === impl Tree ===

impl Tree {
    pub(super) fn new(root: PathBuf, disk: Arc<dyn Disk>, syncing: Syncing) -> Self {
        Self {
            syncer: Syncer::new(Arc::clone(&disk), &root, syncing),
            watch: OnceLock::new(),
            root,
            disk,
            known: Known::default(),
            durable: Durable::default(),
            locks: Locks::default(),
            inherited: OnceLock::new(),
            inheriting: Mutex::default(),
        }
    }

    /// Who tells of changes; nothing where nobody does.
    pub(super) fn watch(&self) -> Option<&Watch> {
        let watch = || {
            let root = self.disk.tells_of_changes().then(|| self.root.clone());
            root.and_then(Watch::new)
        };
        self.watch.get_or_init(watch).as_ref()
    }

    /// The same, if anything was to be known so far.
    pub(super) fn watch_so_far(&self) -> Option<&Watch> {
        self.watch.get().and_then(Option::as_ref)
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

    /// Makes all of it durable at once.
    pub(super) fn sync(&self, needs: &Needs<'_>) -> io::Result<()> {
        self.sync_each(slice::from_ref(needs)).into_iter().collect()
    }

    /// The same for several, saying of each whether it is durable.
    pub(super) fn sync_each(&self, needs: &[Needs<'_>]) -> Vec<io::Result<()>> {
        let asked: Vec<_> = needs.iter().map(|needs| self.wanted(needs)).collect();
        let wanted: Vec<_> = asked.iter().flatten().map(|(wanted, _)| wanted).collect();
        let mut synced = self.syncer.sync(&wanted).into_iter();
        let synced = asked.into_iter().map(|asked| {
            let (_, claims) = asked?;
            synced
                .next()
                .unwrap_or_else(|| Err(ErrorKind::Other.into()))?;
            claims.into_iter().for_each(Claim::confirm);
            Ok(())
        });
        synced.collect()
    }

    /// What has to be synced for that, and what is known then.
    fn wanted<'a>(&'a self, needs: &Needs<'a>) -> io::Result<(Wanted, Vec<Claim<'a>>)> {
        let mut wanted = Wanted::default();
        wanted.files.clone_from(&needs.files);
        let mut claims: Vec<Claim<'_>> = Vec::new();
        for directory in needs.settled.iter().flat_map(|settled| prefixes(settled)) {
            if self.known.contains(directory) || claims.iter().any(|it| it.is_of(directory)) {
                continue;
            }
            let claim = self.known.claim(directory);
            let at = self.at(directory);
            match self.disk.stat(&at) {
                Ok(stat) => wanted.saw(at, stat.device),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            wanted.directory(self.at(parent(directory)));
            claims.push(claim);
        }
        for directory in &needs.changed {
            wanted.directory(self.at(directory));
        }
        Ok((wanted, claims))
    }

    /// True while many changes are better made together than one by one.
    pub(super) fn is_calm(&self) -> bool {
        self.syncer.is_calm()
    }

    /// Makes durable what a process before us may have left unsynced, once: it may have been
    /// killed between a rename and its sync.
    pub(super) fn settle_inherited(&self) -> io::Result<()> {
        let _turn = self
            .inheriting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.has_settled_inherited() {
            self.syncer.inherited()?;
            self.inherited.get_or_init(|| ());
        }
        Ok(())
    }

    /// Makes durable whatever anybody has changed below the path, or that there is nothing.
    pub(super) fn settle_all(&self, path: &StorePath) -> io::Result<()> {
        match self.disk.list(&self.at(path.as_str())) {
            Ok(below) => self.sync_everything(path, below),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                self.sync_everything(path, Vec::new())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.settle_absence(path),
            Err(error) => Err(error),
        }
    }

    /// What has gone from a directory has gone with all that was below it.
    fn settle_absence(&self, path: &StorePath) -> io::Result<()> {
        let mut above = parent(path.as_str());
        while !above.is_empty() {
            match self.disk.stat(&self.at(above)) {
                Err(error) if error.kind() == ErrorKind::NotFound => above = parent(above),
                found => {
                    found?;
                    break;
                }
            }
        }
        self.sync(&Needs {
            changed: vec![above],
            ..Needs::default()
        })
    }

    /// Also where the path, or what is directly below it, leads to other filesystems.
    fn sync_everything(&self, path: &StorePath, below: Vec<Name>) -> io::Result<()> {
        let at = self.at(path.as_str());
        let below = below
            .into_iter()
            .filter(|entry| entry.kind != Kind::File)
            .map(|entry| at.join(entry.name));
        self.syncer.everything(iter::once(at.clone()).chain(below))
    }

    pub(super) fn has_settled_inherited(&self) -> bool {
        self.inherited.get().is_some()
    }

    /// Moves a file over whatever stands at `to`, which is touched by that, although the file
    /// may have been written long ago.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let _kept = self.keep(to)?;
        self.rename_unlocked(from, to)?;
        match self.disk.touch(&self.at(to)) {
            // Whoever removes whatever stands there needs no lock.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            touched => touched,
        }
    }

    /// The same for who has the lock of `to`.
    pub(super) fn rename_unlocked(&self, from: &str, to: &str) -> io::Result<()> {
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

    /// The same, from the top: for what is probably missing.
    pub(super) fn make_unknown(&self, directory: &str) -> io::Result<()> {
        if self.known.contains(directory) {
            return Ok(());
        }
        let unknown = prefixes(directory).filter(|directory| !self.known.contains(directory));
        for directory in unknown {
            match self.make_one(directory) {
                // What was known above it is gone.
                Err(error) if error.kind() == ErrorKind::NotFound => self.make(directory)?,
                made => made?,
            }
        }
        Ok(())
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

// === impl Needs ===

impl<'a> Needs<'a> {
    /// A name that appeared, in a directory that must stay. What was settled before may have
    /// been removed, and made again by someone who did not sync.
    pub(super) fn name_in(&mut self, directory: &'a str) {
        self.changed.push(directory);
        self.settled.push(directory);
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
pub(super) fn prefixes(directory: &str) -> impl Iterator<Item = &str> {
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
