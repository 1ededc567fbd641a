//! Removing objects and trees, durably, while others may be writing into them.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::disk::Kind;
use super::tree::{Needs, Tree, parent};
use crate::StorePath;

/// How often a directory that others keep filling is emptied before we give up.
const ROUNDS: usize = 16;

// === impl Tree ===

impl Tree {
    /// Nothing may be moved aside first, since distribution would see it: a tree goes
    /// piece by piece, in order of names, and its absence is durable in the end,
    /// because the directory that it was in is synced.
    pub(super) fn remove(&self, path: &StorePath) -> io::Result<()> {
        let path = path.as_str();
        self.remove_tree(path)?;
        self.sync(&Needs {
            changed: vec![parent(path)],
            ..Needs::default()
        })
    }

    /// The same, without the last.
    pub(super) fn remove_tree(&self, path: &str) -> io::Result<()> {
        let _removal = self.known.removal(path);
        self.remove_any(&self.at(path))
    }

    fn remove_any(&self, path: &Path) -> io::Result<()> {
        match self.disk.unlink(path) {
            // POSIX says EPERM for directories, Linux EISDIR.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::IsADirectory | ErrorKind::PermissionDenied
                ) =>
            {
                self.remove_directory(path, error)
            }
            done => done,
        }
    }

    fn remove_directory(&self, path: &Path, refused: io::Error) -> io::Result<()> {
        let mut last = refused;
        for _ in 0..ROUNDS {
            match self.empty(path) {
                // It was no directory after all: the first refusal tells why.
                Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(last),
                done => done?,
            }
            match self.disk.remove_directory(path) {
                // Someone has put something into it since.
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => last = error,
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                // Gone, by us or by another removal that ran beside ours.
                _ => return Ok(()),
            }
        }
        Err(last)
    }

    fn empty(&self, directory: &Path) -> io::Result<()> {
        let mut names = match self.disk.list(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            names => names?,
        };
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for entry in names {
            let path = directory.join(entry.name);
            let removed = match entry.kind {
                Kind::Directory => {
                    self.remove_directory(&path, ErrorKind::DirectoryNotEmpty.into())
                }
                Kind::File | Kind::Link | Kind::Other => self.remove_any(&path),
            };
            match removed {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
