//! Replacing and publishing objects: the name appears last, in one step.

use std::io::{self, ErrorKind};
use std::slice;

use bytes::Bytes;

use super::temporary::path_beside;
use super::tree::{Tree, parent};
use super::write_failed;
use crate::{Durability, Result, StoreError, StorePath};

// === impl Tree ===

impl Tree {
    pub(super) fn put(
        &self,
        path: &StorePath,
        content: &Bytes,
        durability: Durability,
    ) -> io::Result<()> {
        let path = path.as_str();
        self.write_in(parent(path), durability, || {
            let temporary = path_beside(path);
            self.replace(&temporary, path, content, durability)
                .inspect_err(|_| {
                    // If even this fails, one stays, as when the process is killed.
                    _ = self.disk.unlink(&self.at(&temporary));
                })?;
            self.sync_name(path, durability)
        })
    }

    pub(super) fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        let no_source = |error| StoreError::from_io("publish", from, error);
        // Asked first, so that a publication of nothing leaves no directories.
        self.object(from).map_err(no_source)?;
        let published = self.write_in(parent(to.as_str()), Durability::Durable, || {
            match self.rename(from.as_str(), to.as_str()) {
                // Not worth another attempt if it is the source that has gone.
                Err(error) if error.kind() == ErrorKind::NotFound && self.object(from).is_err() => {
                    Ok(Err(error))
                }
                renamed => {
                    renamed?;
                    self.sync_name(to.as_str(), Durability::Durable).map(Ok)
                }
            }
        });
        published
            .map_err(|error| write_failed("publish to", to, error))?
            .map_err(no_source)
    }

    fn replace(
        &self,
        temporary: &str,
        path: &str,
        content: &Bytes,
        durability: Durability,
    ) -> io::Result<()> {
        let file = self.disk.create(&self.at(temporary))?;
        self.disk.append(&file, slice::from_ref(content))?;
        match durability {
            Durability::Durable => self.disk.sync_file(&file)?,
            Durability::Lazy => {}
        }
        self.rename(temporary, path)
    }

    fn sync_name(&self, path: &str, durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Durable => match self.disk.sync_directory(&self.at(parent(path))) {
                // The directory was removed with the name in it: by someone who came
                // after us, and whose business it is to make that durable.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                done => done,
            },
            Durability::Lazy => Ok(()),
        }
    }
}
