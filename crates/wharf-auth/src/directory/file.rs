//! The files: read as a whole, replaced as a whole, changed by one process at a time.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, Gid, Uid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::DirectoryError;

/// What one of the files holds.
pub(super) trait Kept: Serialize + DeserializeOwned {
    /// The file's name.
    const FILE: &'static str;
}

/// The lock, until it is dropped.
#[must_use]
pub(super) struct Lock {
    /// The system takes the lock back when it is closed.
    _file: File,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Content<T> {
    version: u64,
    entries: T,
}

/// Makes the directory, for its owner alone, if it is not there.
pub(super) fn create_directory(path: &Path) -> Result<(), DirectoryError> {
    let mut builder = DirBuilder::new();
    let built = builder.recursive(true).mode(0o700).create(path);
    built.map_err(|source| failed(path, source))
}

pub(super) fn is_open_to_others(path: &Path) -> Result<bool, DirectoryError> {
    let metadata = metadata(path).map_err(|source| failed(path, source))?;
    Ok(metadata.mode() & 0o077 != 0)
}

/// Waits until nobody else changes a file of the directory.
pub(super) fn lock(directory: &Path) -> Result<Lock, DirectoryError> {
    let path = directory.join("lock");
    let locked = || {
        let file = open_lock(directory, &path)?;
        loop {
            match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                Err(rustix::io::Errno::INTR) => {}
                done => break done?,
            }
        }
        Ok(Lock { _file: file })
    };
    locked().map_err(|source| failed(&path, source))
}

/// Only a file that was made here is given to the directory's owner, who could have put a link to
/// somebody else's there.
fn open_lock(directory: &Path, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => {
            let made = made?;
            give_to_owner(directory, &made)?;
            return Ok(made);
        }
    }
    let mut options = OpenOptions::new();
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    options.write(true).custom_flags(no_link);
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    options.open(path)
}

/// What the file holds; nothing, if it is not there.
pub(super) fn read<T: Kept>(directory: &Path) -> Result<BTreeMap<String, T>, DirectoryError> {
    let path = directory.join(T::FILE);
    let text = match bounded(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text.map_err(|source| failed(&path, source))?,
    };
    if text.len() as u64 > LARGEST {
        return Err(DirectoryError::TooLarge {
            path,
            most: LARGEST,
        });
    }
    let parsed = serde_json::from_slice(&text).and_then(|Version { version }| {
        if version > VERSION {
            return Ok(Err(version));
        }
        serde_json::from_slice::<Content<_>>(&text).map(Ok)
    });
    match parsed {
        Ok(Ok(content)) => Ok(content.entries),
        Ok(Err(version)) => Err(DirectoryError::Newer { path, version }),
        Err(source) => Err(DirectoryError::Malformed { path, source }),
    }
}

/// Puts a new file in the place of the old one. Whoever does it has the lock.
pub(super) fn write<T: Kept>(
    directory: &Path,
    entries: &BTreeMap<String, T>,
) -> Result<(), DirectoryError> {
    let path = directory.join(T::FILE);
    let content = Content {
        version: VERSION,
        entries,
    };
    let mut text =
        serde_json::to_vec_pretty(&content).map_err(|source| DirectoryError::Malformed {
            path: path.clone(),
            source,
        })?;
    text.push(b'\n');
    if text.len() as u64 > LARGEST {
        return Err(DirectoryError::TooLarge {
            path,
            most: LARGEST,
        });
    }
    replace(directory, &path, &text).map_err(|source| failed(&path, source))
}

fn replace(directory: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
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
    give_to_owner(directory, &file)?;
    file.write_all(text)?;
    file.sync_all()?;
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    std::fs::rename(&new, path)?;
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    File::open(directory)?.sync_all()
}

/// What root makes must be readable for the server, to whom the directory belongs.
fn give_to_owner(directory: &Path, file: &File) -> io::Result<()> {
    let (owner, own) = (metadata(directory)?, file.metadata()?);
    if owner.uid() != own.uid() && rustix::process::geteuid().is_root() {
        let user = Uid::from_raw(owner.uid());
        rustix::fs::fchown(file, Some(user), Some(Gid::from_raw(owner.gid())))?;
    }
    Ok(())
}

/// One byte more than there may be is enough to see it.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let file = File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn metadata(path: &Path) -> io::Result<std::fs::Metadata> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    std::fs::metadata(path)
}

pub(super) fn failed(path: &Path, source: io::Error) -> DirectoryError {
    DirectoryError::Io {
        path: path.to_owned(),
        source,
    }
}

/// The newest version of the files that is known here.
const VERSION: u64 = 1;
/// Bytes of a file: some hundred thousand entries.
const LARGEST: u64 = 64 << 20;
