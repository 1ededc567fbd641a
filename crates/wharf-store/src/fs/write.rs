//! Replacing and publishing single objects: the name appears last, in one step.

use std::io;
use std::slice;

use bytes::Bytes;

use super::commit::Same;
use super::temporary::path_beside;
use super::tree::{Tree, parent};
use super::write_failed;
use crate::{Change, Durability, Result, StorePath};

// === impl Tree ===

impl Tree {
    pub(super) fn put(
        &self,
        path: StorePath,
        content: Bytes,
        durability: Durability,
    ) -> Result<()> {
        match durability {
            Durability::Durable => self.commit(
                &[vec![Change::Put { path, content }]],
                Same::Replace,
                |_| (),
            ),
            Durability::Lazy => self
                .in_directory(parent(path.as_str()), || {
                    let temporary = path_beside(path.as_str());
                    self.replace(&temporary, path.as_str(), &content)
                        .inspect_err(|_| {
                            // If even this fails, one stays, as when the process is killed.
                            _ = self.disk.unlink(&self.at(&temporary));
                        })
                })
                .map_err(|error| write_failed("put", &path, error)),
        }
    }

    pub(super) fn publish(&self, from: StorePath, to: StorePath) -> Result<()> {
        self.commit(&[vec![Change::Publish { from, to }]], Same::Replace, |_| ())
    }

    fn replace(&self, temporary: &str, path: &str, content: &Bytes) -> io::Result<()> {
        let file = self.disk.create(&self.at(temporary))?;
        self.disk.append(&file, slice::from_ref(content))?;
        self.rename(temporary, path)
    }
}
