//! Creating the root directory so that it survives power loss.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::disk::{Disk, Kind};

/// The storage root cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {} as the storage root", path.display())]
pub struct RootError {
    /// The root, as given.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Creates `root`, with the directories above it, as far as they are missing.
pub(super) fn create(root: &Path, disk: &dyn Disk) -> Result<(), RootError> {
    create_durably(root, disk).map_err(|source| RootError {
        path: root.to_owned(),
        source,
    })
}

fn create_durably(root: &Path, disk: &dyn Disk) -> io::Result<()> {
    let is_missing =
        |path: &&Path| matches!(disk.stat(path), Err(error) if error.kind() == ErrorKind::NotFound);
    // The last ancestor of a relative path is the empty one: the working directory.
    let ancestors = || root.ancestors().filter(|path| !path.as_os_str().is_empty());
    let missing: Vec<_> = ancestors().take_while(is_missing).collect();
    // Its maker may have been killed before the sync. Not ours alone: perhaps we may
    // not even read where it is mounted, and then we have done what we could.
    if let Some(parent) = ancestors().nth(missing.len()).and_then(Path::parent) {
        _ = disk.sync_directory(or_here(parent));
    }
    for path in missing.into_iter().rev() {
        match disk.make_directory(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => disk.sync_directory(or_here(path.parent().unwrap_or(path)))?,
        }
    }
    if disk.stat(root)?.kind == Kind::Directory {
        Ok(())
    } else {
        Err(ErrorKind::NotADirectory.into())
    }
}

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}
