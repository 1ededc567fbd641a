//! Names that somebody holds: files that are locked as long as a process has them open, and
//! so no longer than it lives.

use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;

use super::disk::{Lock, Locking};
use super::tree::{ATTEMPTS, Tree};
use crate::{Hold, StorePath};

// === impl Tree ===

impl Tree {
    /// As `Store::hold`.
    pub(super) fn hold(&self, path: &StorePath) -> io::Result<Hold> {
        let at = self.at(&place(path));
        for _ in 0..ATTEMPTS {
            let file = self.in_directory(HELD, || self.disk.open_lock(&at))?;
            match self.disk.lock(&file, Lock::Shared)? {
                Locking::Locked => return Ok(Hold::of(file)),
                Locking::Busy | Locking::Gone => {}
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// As `Store::is_held`.
    pub(super) fn is_held(&self, path: &StorePath) -> io::Result<bool> {
        let at = self.at(&place(path));
        for _ in 0..LOOKS {
            match self.disk.stat(&at) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                stat => drop(stat?),
            }
            let file = self.disk.open_lock(&at)?;
            match self.disk.lock(&file, Lock::Exclusive)? {
                // Closing it ends that.
                Locking::Locked | Locking::Gone => return Ok(false),
                // Perhaps by somebody else who looks.
                Locking::Busy => thread::sleep(LOOK),
            }
        }
        Ok(true)
    }
}

/// The file of a name. Two long names may share one, and then both count as held.
fn place(path: &StorePath) -> String {
    let name = path.as_str().replace('%', "%25").replace('/', "%2f");
    let end = name
        .char_indices()
        .nth_back(LONGEST)
        .map_or(0, |(at, _)| at);
    format!("{HELD}/{}", name.get(end..).unwrap_or_default())
}

const HELD: &str = "wharfinger/state/held";
/// Characters of a name, of which the last ones tell names apart best.
const LONGEST: usize = 60;
/// Who looks takes microseconds.
const LOOKS: usize = 5;
const LOOK: Duration = Duration::from_millis(1);
