//! The directory tree below the root: where paths are, and how directories come into
//! being so that they survive power loss.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use super::disk::{Disk, Kind, Stat};
use super::known::Known;
use crate::{Durability, StorePath};

/// What every operation of the driver works on. Its methods block.
pub(super) struct Tree {
    root: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) known: Known,
}

/// How often a write starts again because its directory was removed under it.
const ATTEMPTS: usize = 16;

// === impl Tree ===

impl Tree {
    pub(super) fn new(root: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self {
            root,
            disk,
            known: Known::default(),
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
    /// removed meanwhile, `work` is done again. After durable work in it, the
    /// directory itself is durable too.
    ///
    /// The directory comes last, since only then it is sure to stay: what was synced
    /// before `work` may have been removed, and made again by someone who did not sync.
    pub(super) fn write_in<T>(
        &self,
        directory: &str,
        durability: Durability,
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
        let done = done?;
        match durability {
            Durability::Durable => self.settle(directory)?,
            Durability::Lazy => {}
        }
        Ok(done)
    }

    /// Makes an existing directory and those above it durable, as far as they are not
    /// known to be: also one that was found existing, since whoever made it may not have
    /// synced yet, or was killed before. If one is gone, then so is what was written
    /// below it: nothing to do.
    pub(super) fn settle(&self, directory: &str) -> io::Result<()> {
        for directory in prefixes(directory).filter(|directory| !self.known.contains(directory)) {
            let claim = self.known.claim(directory);
            let synced = self
                .disk
                .stat(&self.at(directory))
                .and_then(|_| self.disk.sync_directory(&self.at(parent(directory))));
            match synced {
                Ok(()) => claim.confirm(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
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

    fn make(&self, directory: &str) -> io::Result<()> {
        prefixes(directory).try_for_each(|directory| {
            match self.disk.make_directory(&self.at(directory)) {
                // It was not there, whatever we knew of it: another process removed it.
                Ok(()) => self.known.forget(directory),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            Ok(())
        })
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
