//! The files of `wharfinger.auth.directory`: read as a whole, replaced as a whole, changed by
//! one process at a time, and for nobody but the directory's owner.
//!
//! A file is an object of JSON, `{"version": 1, "entries": …}`. Whoever reads it, a power cut
//! included, finds the one from before a change or the one from after. Changes are made under
//! one lock for all of the directory, since some are about several files; what writes has to
//! show the lock, so that nobody takes it twice. What root writes belongs to the directory's
//! owner, as whom the server runs.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Gid, OFlags, Uid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::DirectoryError;
use crate::stamp::Stamp;

/// A directory whose files several processes may change.
#[derive(Clone, Debug)]
pub(crate) struct PrivateDirectory(PathBuf);

/// What one of the files holds.
pub(crate) trait Kept: Sized {
    /// The file's name.
    const FILE: &'static str;
    /// All of it. A file that is not there holds the default.
    type Entries: Default + DeserializeOwned + Serialize;
}

/// The right to change files of a directory, until it is dropped.
#[must_use]
pub(crate) struct Lock<'a> {
    directory: &'a PrivateDirectory,
    /// The system takes the lock back when it is closed.
    _file: File,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<T> {
    #[serde(rename = "version")]
    _version: u64,
    entries: T,
}

#[derive(Serialize)]
struct NewContent<'a, T> {
    version: u64,
    entries: &'a T,
}

// === impl PrivateDirectory ===

impl PrivateDirectory {
    /// The one at a path; it is made, for its owner alone, if it is not there.
    pub(crate) fn create(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        let mut builder = DirBuilder::new();
        let built = builder.recursive(true).mode(0o700).create(&path);
        built.map_err(|source| failed(&path, source))?;
        Ok(Self(path))
    }

    /// The one at a path, which is there.
    pub(crate) fn open(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        if path.is_dir() {
            Ok(Self(path))
        } else {
            Err(DirectoryError::NotThere(path))
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn is_open_to_others(&self) -> Result<bool, DirectoryError> {
        let metadata = metadata(&self.0).map_err(|source| failed(&self.0, source))?;
        Ok(metadata.mode() & 0o077 != 0)
    }

    /// Where a file is.
    pub(crate) fn file<K: Kept>(&self) -> PathBuf {
        self.0.join(K::FILE)
    }

    /// What changes when a file does; `None` if it cannot be looked at.
    pub(crate) fn stamp<K: Kept>(&self) -> Option<Stamp> {
        Stamp::of(&self.file::<K>()).ok()
    }

    /// What a file holds; nothing, if it is not there.
    pub(crate) fn read<K: Kept>(&self) -> Result<K::Entries, DirectoryError> {
        let path = self.file::<K>();
        let text = match bounded(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(K::Entries::default());
            }
            text => text.map_err(|source| failed(&path, source))?,
        };
        if text.len() as u64 > LARGEST {
            return Err(too_large(path));
        }
        // Why it is malformed may have a secret in it; where, has not.
        let malformed = |error: &serde_json::Error| DirectoryError::Malformed {
            path: path.clone(),
            line: error.line(),
            column: error.column(),
        };
        let Version { version } = serde_json::from_slice(&text).map_err(|it| malformed(&it))?;
        if version > VERSION {
            return Err(DirectoryError::Newer { path, version });
        }
        let content = serde_json::from_slice::<Content<K::Entries>>(&text);
        content
            .map(|content| content.entries)
            .map_err(|it| malformed(&it))
    }

    /// Waits until nobody else changes a file of the directory, not even this process.
    pub(crate) fn lock(&self) -> Result<Lock<'_>, DirectoryError> {
        let path = self.0.join("lock");
        let locked = || {
            let file = self.open_lock(&path)?;
            loop {
                match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                    Err(rustix::io::Errno::INTR) => {}
                    done => break done?,
                }
            }
            Ok(Lock {
                directory: self,
                _file: file,
            })
        };
        locked().map_err(|source| failed(&path, source))
    }

    /// Only a file that was made here is given to the directory's owner, who could have put a
    /// link to somebody else's there.
    fn open_lock(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                let made = made?;
                self.give_to_owner(&made)?;
                return Ok(made);
            }
        }
        let mut options = OpenOptions::new();
        let no_link = OFlags::NOFOLLOW.bits().cast_signed();
        options.write(true).custom_flags(no_link);
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        options.open(path)
    }

    fn replace(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        let new = path.with_extension("json.new");
        // Whoever was killed may have left one, with other rights.
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        let mut file = options.open(&new)?;
        self.give_to_owner(&file)?;
        file.write_all(text)?;
        file.sync_all()?;
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        std::fs::rename(&new, path)?;
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        File::open(&self.0)?.sync_all()
    }

    /// What root makes must be readable for the server, to whom the directory belongs.
    fn give_to_owner(&self, file: &File) -> io::Result<()> {
        let (owner, own) = (metadata(&self.0)?, file.metadata()?);
        if owner.uid() != own.uid() && rustix::process::geteuid().is_root() {
            let user = Uid::from_raw(owner.uid());
            rustix::fs::fchown(file, Some(user), Some(Gid::from_raw(owner.gid())))?;
        }
        Ok(())
    }
}

// === impl Lock ===

impl Lock<'_> {
    /// Puts a new file in the place of the old one.
    pub(crate) fn write<K: Kept>(&self, entries: &K::Entries) -> Result<(), DirectoryError> {
        let path = self.directory.file::<K>();
        let version = VERSION;
        let content = NewContent { version, entries };
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer_pretty(&mut *text, &content)
            .map_err(|error| failed(&path, error.into()))?;
        text.push(b'\n');
        if text.len() as u64 > LARGEST {
            return Err(too_large(path));
        }
        let replaced = self.directory.replace(&path, &text);
        replaced.map_err(|source| failed(&path, source))
    }
}

/// One byte more than there may be is enough to see it.
fn bounded(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let file = File::open(path)?;
    let len = file.metadata()?.len().min(LARGEST);
    let room = ROOM.saturating_add(usize::try_from(len).unwrap_or_default());
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn metadata(path: &Path) -> io::Result<Metadata> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    std::fs::metadata(path)
}

fn failed(path: &Path, source: io::Error) -> DirectoryError {
    DirectoryError::Io {
        path: path.to_owned(),
        source,
    }
}

fn too_large(path: PathBuf) -> DirectoryError {
    DirectoryError::TooLarge {
        path,
        most: LARGEST,
    }
}

/// The newest version of the files that is known here.
const VERSION: u64 = 1;
/// Bytes of a file: some hundred thousand entries.
const LARGEST: u64 = 64 << 20;
/// Bytes that all keys find room in: a buffer that grows leaves copies behind.
const ROOM: usize = 64 << 10;
