//! Removing what nobody relies on any more, at once whatever others do to it
//! ([`locks`](super::locks)).

use std::io::{self, ErrorKind};
use std::time::{Duration, SystemTime};

use super::disk::{Kind, Stat};
use super::locks::{LITTLE_PATIENCE, PATIENCE};
use super::tree::{Needs, Tree, parent};
use crate::{Removal, StorePath};

// === impl Tree ===

impl Tree {
    /// As `Store::touch`.
    pub(super) fn touch(&self, path: &StorePath) -> io::Result<()> {
        self.touch_after(self.asked()?, path)
    }

    /// The same by who knows when anybody last asked for the time. In this order: who asks
    /// after this looks at what we have written before.
    pub(super) fn touch_after(
        &self,
        asked: Option<SystemTime>,
        path: &StorePath,
    ) -> io::Result<()> {
        match asked {
            Some(asked) => {
                let last = self.object(path)?.modified;
                let age = SystemTime::now().duration_since(last);
                if last > asked && age.is_ok_and(|age| age < YOUNG) {
                    return Ok(());
                }
            }
            // So that the next touches know. Where that cannot be written, they are made.
            None => _ = self.now(),
        }
        let _kept = self.keep(path.as_str())?;
        let before = self.object(path)?.modified;
        let at = self.at(path.as_str());
        self.disk.touch(&at)?;
        if self.disk.stat(&at)?.modified > before {
            return Ok(());
        }
        // Twice within a tick of the clock that files go by, or that was set back.
        match self
            .disk
            .set_modified(&at, before + Duration::from_nanos(1))
        {
            // Only a file's owner may say what time it is, though others may touch it.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            set => set,
        }
    }

    /// When anybody last asked for the time; `None` if that is not known.
    pub(super) fn asked(&self) -> io::Result<Option<SystemTime>> {
        match self.disk.stat(&self.at(CLOCK)) {
            Ok(stat) => Ok(Some(stat.modified)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// As `Store::now`: the time that touching a file gave it. Whoever touches another one
    /// later gives it no earlier time.
    pub(super) fn now(&self) -> io::Result<SystemTime> {
        let at = self.at(CLOCK);
        self.in_directory(parent(CLOCK), || match self.disk.touch(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match self.disk.create(&at) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    created => drop(created?),
                }
                self.disk.touch(&at)
            }
            touched => touched,
        })?;
        Ok(self.disk.stat(&at)?.modified)
    }

    /// As `Store::remove_untouched`, and as `Store::move_untouched` where there is a place to
    /// move it to.
    pub(super) fn remove_untouched(
        &self,
        path: &StorePath,
        since: SystemTime,
        to: Option<&StorePath>,
    ) -> io::Result<Removal> {
        // Most of what stays needs no lock for that.
        let stat = match self.untouched(path, since)? {
            Ok(stat) => stat,
            Err(removal) => return Ok(removal),
        };
        // What is open is not given back to the filesystem yet, which takes long for what is
        // large, and would be done while others wait for the lock.
        let open = (to.is_none() && stat.size >= LARGE)
            .then(|| self.disk.open(&self.at(path.as_str())).ok());
        if let Some(to) = to {
            self.make_unknown(parent(to.as_str()))?;
        }
        let removal = self.remove_locked(path, since, to);
        drop(open);
        if let Ok(Removal::Removed(_)) = removal {
            // The object is gone, whatever becomes of its directory.
            if let Err(error) = self.remove_empty(parent(path.as_str())) {
                tracing::debug!(%error, %path, "the directory of what was removed stays");
            }
            if let Some(to) = to {
                let mut needs = Needs::default();
                needs.name_in(parent(to.as_str()));
                self.sync(&needs)?;
            }
        }
        removal
    }

    fn remove_locked(
        &self,
        path: &StorePath,
        since: SystemTime,
        to: Option<&StorePath>,
    ) -> io::Result<Removal> {
        // Nobody waits for long while nobody else can have another lock: two would wait in a
        // circle.
        let (_place, patience) = match to {
            Some(to) if !Self::share_a_lock(path.as_str(), to.as_str()) => {
                (self.keep(to.as_str())?, LITTLE_PATIENCE)
            }
            Some(_) | None => (None, PATIENCE),
        };
        let Some(_lock) = self.exclude(path.as_str(), patience)? else {
            return Ok(Removal::Kept);
        };
        let stat = match self.untouched(path, since)? {
            Ok(stat) => stat,
            Err(removal) => return Ok(removal),
        };
        let removed = match to {
            Some(to) => self.in_directory(parent(to.as_str()), || {
                self.rename_unlocked(path.as_str(), to.as_str())
            }),
            None => self.disk.unlink(&self.at(path.as_str())),
        };
        match removed {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Whoever removes whatever stands there needs no lock.
                self.object(path)
                    .map_or(Ok(Removal::Absent), |_| Err(error))
            }
            removed => removed.map(|()| Removal::Removed(stat.size)),
        }
    }

    /// What the object is, if it may go; else what becomes of it.
    fn untouched(&self, path: &StorePath, since: SystemTime) -> io::Result<Result<Stat, Removal>> {
        match self.object(path) {
            Ok(stat) if stat.modified >= since => Ok(Err(Removal::Kept)),
            Ok(stat) => Ok(Ok(stat)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(Err(Removal::Absent))
            }
            Err(error) => Err(error),
        }
    }

    /// As `Store::prune`.
    pub(super) fn prune(&self, directory: &str) -> io::Result<()> {
        let names = match self.disk.list(&self.at(directory)) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(());
            }
            names => names?,
        };
        for entry in names {
            if let (Kind::Directory, Some(name)) = (entry.kind, entry.name.to_str()) {
                self.prune(&format!("{directory}/{name}"))?;
            }
        }
        self.remove_empty(directory)
    }

    /// Removes the directory unless something is in it, or it is the root.
    fn remove_empty(&self, directory: &str) -> io::Result<()> {
        if directory.is_empty() {
            return Ok(());
        }
        let _removal = self.known.removal(directory);
        match self.disk.remove_directory(&self.at(directory)) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::DirectoryNotEmpty
                        | ErrorKind::AlreadyExists
                        | ErrorKind::NotFound
                        | ErrorKind::ResourceBusy
                ) =>
            {
                Ok(())
            }
            removed => removed,
        }
    }
}

/// A file that is touched to know what time it is where the files are. Nothing is in it.
pub(super) const CLOCK: &str = "wharfinger/state/clock";
/// An object need not be touched again before it is that old.
const YOUNG: Duration = Duration::from_mins(1);
/// Bytes whose blocks take the filesystem longer to give back than a lock should be held.
const LARGE: u64 = 1 << 20;
