//! What of a commit is there already: whoever pushes what is there waits for little.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use bytes::Bytes;

use crate::fs::read::INLINE_BYTES;
use crate::fs::tree::Tree;
use crate::fs::write_failed;
use crate::{Change, Result, StorePath};

// === impl Tree ===

impl Tree {
    /// What is to be put and is there already, durably.
    pub(super) fn done<'a>(
        &self,
        steps: &'a [Vec<Change>],
        found: &BTreeSet<StorePath>,
    ) -> Result<BTreeSet<&'a StorePath>> {
        // It is relied on from now on. If it goes before that is said, it is put.
        let done = there_already(steps, |path, content| {
            (found.contains(path) || self.holds(path, content).unwrap_or(false))
                && !matches!(self.touch(path), Err(error) if error.kind() == ErrorKind::NotFound)
        });
        if let Some(path) = done.first() {
            self.settle_inherited()
                .map_err(|error| write_failed("put", path, error))?;
        }
        Ok(done)
    }

    /// As much of that as can be told without waiting.
    pub(in crate::fs) fn done_now<'a>(&self, steps: &'a [Vec<Change>]) -> BTreeSet<&'a StorePath> {
        if !self.has_settled_inherited() {
            return BTreeSet::new();
        }
        there_already(steps, |path, content| {
            self.holds_now(path, content).unwrap_or(false)
        })
    }

    /// True when the object has this content already.
    fn holds(&self, path: &StorePath, content: &Bytes) -> io::Result<bool> {
        let file = self.disk.open(&self.at(path.as_str()))?;
        let length = content.len() as u64;
        if self.disk.stat_open(&file)?.size != length {
            return Ok(false);
        }
        Ok(self.disk.read(&file, length.saturating_add(1))? == **content)
    }

    /// The same of what is small, or `WouldBlock`.
    fn holds_now(&self, path: &StorePath, content: &Bytes) -> io::Result<bool> {
        if content.len() > INLINE_BYTES {
            return Err(ErrorKind::WouldBlock.into());
        }
        let (file, stat) = self.disk.open_now(&self.at(path.as_str()))?;
        Ok(stat.size == content.len() as u64
            && self.disk.read_now(&file, content.len())? == **content)
    }
}

/// True when nothing is left to be done for the change. A touch is for this moment.
pub(super) fn is_in(done: &BTreeSet<&StorePath>, change: &Change) -> bool {
    !matches!(change, Change::Touch { .. }) && done.contains(change.place())
}

/// What is to be put, is not to be changed otherwise, and is found to be there.
fn there_already(
    steps: &[Vec<Change>],
    is_there: impl Fn(&StorePath, &Bytes) -> bool,
) -> BTreeSet<&StorePath> {
    let (mut done, mut changing) = (BTreeSet::new(), BTreeSet::new());
    for change in steps.iter().flatten() {
        match change {
            Change::Put { path, content } if is_there(path, content) => done.insert(path),
            Change::Put { .. } | Change::Publish { .. } | Change::Remove { .. } => {
                changing.insert(change.place())
            }
            Change::Touch { .. } => continue,
        };
    }
    done.retain(|path| !changing.contains(path));
    done
}
