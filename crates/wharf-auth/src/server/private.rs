//! Files that nobody else may read, and that are there as a whole or as they were before.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// A file in the directory of accounts and keys, which several processes may change.
#[derive(Clone, Debug)]
pub(super) struct PrivateFile {
    path: PathBuf,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stamp {
    modified: SystemTime,
    len: u64,
    inode: u64,
}

/// A file of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written.
    #[error("cannot use {}: make it and its directory writable for the registry's user", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what was written there.
    #[error("{} {why}", path.display())]
    Unusable {
        /// Which one.
        path: PathBuf,
        /// What it is, and what to do.
        why: &'static str,
    },
    /// No key could be made, or used.
    #[error("cannot make a key: the system gives no random numbers")]
    Key,
}

// === impl StateError ===

impl StateError {
    /// Whether it may be otherwise in a moment though nothing about the file changes: its rights
    /// do, or there are open files to be had again. What was missed must not be missed for good.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Unusable { .. } | Self::Key => false,
        }
    }
}

// === impl PrivateFile ===

impl PrivateFile {
    /// In this directory, which is made if it is not there.
    pub(super) fn new(directory: &Path, name: &str) -> Result<Self, StateError> {
        let file = Self {
            path: directory.join(name),
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(directory)
            .map_err(|source| file.failed(source))?;
        Ok(file)
    }

    /// What is in it; `None` if it is not there.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, StateError> {
        let mut text = Zeroizing::new(Vec::new());
        let read = open(OpenOptions::new().read(true), &self.path)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        }
        let damaged = "is damaged: restore it from a backup, or remove it to begin anew";
        if text.len() as u64 > LARGEST {
            return Err(self.unusable(damaged));
        }
        let version: Version = serde_json::from_slice(&text).map_err(|_| self.unusable(damaged))?;
        if version.version != VERSION {
            return Err(self.unusable("was written by a newer version: run that one, or a newer"));
        }
        let content = serde_json::from_slice(&text).map_err(|_| self.unusable(damaged))?;
        Ok(Some(content))
    }

    /// Changes it while no other process does.
    pub(super) fn change<T, R>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R, StateError>,
    ) -> Result<(T, R), StateError>
    where
        T: Default + DeserializeOwned + Serialize,
    {
        let lock = self.path.with_extension("lock");
        let _lock = open(
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600),
            &lock,
        )
        .and_then(|file| Ok(flock(&file, FlockOperation::LockExclusive).map(|()| file)?))
        .map_err(|source| self.failed(source))?;
        let mut content = self.read()?.unwrap_or_default();
        let result = change(&mut content)?;
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer(&mut *text, &content)
            .map_err(|error| self.failed(io::Error::other(error)))?;
        self.replace(&text).map_err(|source| self.failed(source))?;
        Ok((content, result))
    }

    pub(super) fn stamp(&self) -> Option<Stamp> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the operator's, not of the store"
        )]
        let metadata = std::fs::metadata(&self.path).ok()?;
        Some(Stamp {
            modified: metadata.modified().ok()?,
            len: metadata.len(),
            inode: metadata.ino(),
        })
    }

    /// The lock is held: nobody else writes to the temporary file. One of a killed process may
    /// be there.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        // It may have other rights, or be a link to somebody else's file: never write into it.
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the operator's, not of the store"
        )]
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = open(
            OpenOptions::new().write(true).create_new(true).mode(0o600),
            &temporary,
        )?;
        file.write_all(text)?;
        file.sync_all()?;
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the operator's, not of the store"
        )]
        std::fs::rename(&temporary, &self.path)?;
        let directory = self.path.parent().unwrap_or(Path::new("."));
        open(OpenOptions::new().read(true), directory)?.sync_all()
    }

    fn failed(&self, source: io::Error) -> StateError {
        StateError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn unusable(&self, why: &'static str) -> StateError {
        StateError::Unusable {
            path: self.path.clone(),
            why,
        }
    }
}

fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a file of the operator's, not of the store"
    )]
    options.open(path)
}

#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

/// Of the files' form.
pub(super) const VERSION: u32 = 1;
/// Bytes of a file: more refresh tokens than are ever kept.
const LARGEST: u64 = 64 << 20;
/// For the keys: a buffer that grows leaves copies behind.
const ROOM: usize = 64 << 10;
