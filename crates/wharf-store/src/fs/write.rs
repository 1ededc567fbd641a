//! Replacing an object without a promise: the name appears last, in one step.

use std::io;
use std::slice;

use bytes::Bytes;

use super::temporary::path_beside;
use super::tree::{Tree, parent};
use super::write_failed;
use crate::{Result, StorePath};

// === impl Tree ===

impl Tree {
    /// As `Store::put` with `Durability::Lazy`.
    pub(super) fn put_lazily(&self, path: &StorePath, content: &Bytes) -> Result<()> {
        self.in_directory(parent(path.as_str()), || {
            let temporary = path_beside(path.as_str());
            self.replace(&temporary, path.as_str(), content)
                .inspect_err(|_| {
                    // If even this fails, one stays, as when the process is killed.
                    _ = self.disk.unlink(&self.at(&temporary));
                })
        })
        .map_err(|error| write_failed("put", path, error))
    }

    fn replace(&self, temporary: &str, path: &str, content: &Bytes) -> io::Result<()> {
        let file = self.disk.create(&self.at(temporary))?;
        self.disk.append(&file, slice::from_ref(content))?;
        self.rename(temporary, path)
    }
}
