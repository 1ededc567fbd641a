//! A file of credentials on disk: read as a whole, replaced as a whole.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroizing;

use super::error::CredentialError;

/// All of a file; nothing if it is not there.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    match bounded(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        Err(source) => Err(failed("read", path, source)),
        Ok(text) if text.len() as u64 > LARGEST => Err(CredentialError::TooLarge {
            path: path.to_owned(),
            most: LARGEST,
        }),
        Ok(text) => Ok(text),
    }
}

/// A file that nobody else changes meanwhile who does it by this, in whatever process.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    target: PathBuf,
    directory: PathBuf,
    /// Closing it lets others in.
    _lock: Option<File>,
}

// === impl Held ===

impl Held {
    /// Waits for whoever holds it, which takes no longer than reading and writing the file.
    pub(super) fn new(path: &Path) -> Result<Self, CredentialError> {
        let write = |source| failed("write", path, source);
        let target = follow(path).map_err(write)?;
        let directory = match target.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&directory);
        made.map_err(write)?;
        Ok(Self {
            _lock: lock(&target, &directory),
            path: path.to_owned(),
            target,
            directory,
        })
    }

    /// Puts another text in its place: whoever reads it finds the old one or the new one. What
    /// a symbolic link points to is replaced, and not the link, since people keep such files
    /// elsewhere and link them.
    pub(super) fn replace(&self, text: &[u8]) -> Result<(), CredentialError> {
        let written = self.write_beside(text);
        written.map_err(|source| failed("write", &self.path, source))
    }

    fn write_beside(&self, text: &[u8]) -> io::Result<()> {
        let new = beside(&self.directory);
        let published = write_new(&new, &self.target, text).and_then(|()| {
            #[expect(clippy::disallowed_methods, reason = "not of the store")]
            std::fs::rename(&new, &self.target)
        });
        if published.is_err() {
            #[expect(clippy::disallowed_methods, reason = "not of the store")]
            std::fs::remove_file(&new).ok();
        }
        published?;
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        File::open(&self.directory)?.sync_all()
    }
}

// === private ===

/// The file itself is replaced, so that the lock is on one beside it, which stays: who removes
/// a file that others wait for lets two in. Where there can be none, in a directory that is not
/// ours or on a file system without locks, the write is tried as it is.
fn lock(target: &Path, directory: &Path) -> Option<File> {
    let name = target.file_name()?.to_string_lossy();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let file = options.open(directory.join(format!(".{name}.lock")));
    let locked = file.and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    let untold = |error: &io::Error| tracing::debug!(%error, "credentials are not locked");
    locked.inspect_err(untold).ok()
}

fn write_new(path: &Path, old: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let mut file = options.open(path)?;
    if let Ok(old) = old.metadata() {
        inherit(&file, &old);
    }
    file.write_all(text)?;
    file.sync_all()
}

/// Whoever could read the old file can read the new one: its owner, even when root writes in
/// his place, and its group, but nobody else. What the system does not allow is left out: only
/// root gives files away.
fn inherit(new: &File, old: &Metadata) {
    fchown(new, None, Some(old.gid())).ok();
    fchown(new, Some(old.uid()), None).ok();
    let is_of_group = new.metadata().is_ok_and(|new| new.gid() == old.gid());
    let kept = if is_of_group { 0o770 } else { 0o700 };
    let permissions = Permissions::from_mode(old.mode() & kept);
    new.set_permissions(permissions).ok();
}

/// A name that nobody else uses: not another thread, not another process, and not one of a
/// process of the same number that was killed long ago.
fn beside(directory: &Path) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_nanos();
    directory.join(format!(".wharf-{}-{number}-{now}", std::process::id()))
}

/// Where a write has to go, at the end of all links; it need not be there yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = path.read_link() else {
            return Ok(path);
        };
        // A relative one counts from where the link is; an absolute one stays as it is.
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// One byte more than there may be is enough to see it.
fn bounded(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let file = File::open(path)?;
    let len = file.metadata()?.len().min(LARGEST);
    // A buffer that grows leaves copies behind.
    let room = usize::try_from(len)
        .unwrap_or_default()
        .saturating_add(4096);
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> CredentialError {
    CredentialError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}

/// Bytes of a file: some thousand entries.
const LARGEST: u64 = 1 << 20;
/// As many as the kernel follows.
const MOST_LINKS: usize = 40;
