//! Removing what killed writes have left behind.
//!
//! Only regular files go whose names are those of unfinished writes. Objects cannot have
//! such names: they are never listed, and what is built on a store names its objects
//! itself. Directories can, and are never touched; links are not followed.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::SystemTime;

use super::disk::{Kind, Name};
use super::temporary::{is_temporary, target_of};
use super::tree::Tree;
use super::{FileStore, on_disk};
use crate::{StoreError, StorePath, Sweep, Swept};

/// What one directory holds, as paths.
#[derive(Default)]
struct Found {
    directories: Vec<String>,
    stale: Vec<String>,
}

// === impl FileStore ===

impl FileStore {
    /// One directory at a time; in memory are the names beside the way down.
    pub(super) async fn sweep_below(
        &self,
        below: &StorePath,
        before: SystemTime,
        mode: Sweep,
    ) -> Swept {
        let mut swept = Swept::default();
        let mut pending = vec![below.as_str().to_owned()];
        while let Some(directory) = pending.pop() {
            let (tree, listed) = (Arc::clone(&self.tree), directory.clone());
            let found = on_disk(move || tree.stale_in(&listed, before)).await;
            let found = found.unwrap_or_else(|error| {
                swept.note_failure("list", &directory, error);
                Found::default()
            });
            pending.extend(found.directories);
            for path in found.stale {
                self.sweep_one(path, mode, &mut swept).await;
            }
        }
        swept
    }

    async fn sweep_one(&self, temporary: String, mode: Sweep, swept: &mut Swept) {
        // Whoever in this process still writes there has the turn, however long it takes.
        let place = match target_of(&temporary).map(StorePath::new) {
            Some(Ok(target)) => match self.places.turn_now(&target) {
                Some(turn) => Some(turn),
                None => return,
            },
            Some(Err(_)) | None => None,
        };
        match mode {
            Sweep::Count => swept.found += 1,
            Sweep::Remove => {
                let (tree, path) = (Arc::clone(&self.tree), temporary.clone());
                let removed = on_disk(move || {
                    let _place = place;
                    tree.disk.unlink(&tree.at(&path))
                });
                match removed.await {
                    Ok(()) => swept.found += 1,
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => swept.note_failure("remove", &temporary, error),
                }
            }
        }
    }
}

// === impl Tree ===

impl Tree {
    fn stale_in(&self, directory: &str, before: SystemTime) -> io::Result<Found> {
        let mut found = Found::default();
        let names = match self.disk.list(&self.at(directory)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            names => names?,
        };
        for Name { name, kind } in names {
            // Whatever is not UTF-8 is not ours.
            let Some(path) = name.to_str().map(|name| format!("{directory}/{name}")) else {
                continue;
            };
            match kind {
                Kind::Directory => found.directories.push(path),
                Kind::File if name.to_str().is_some_and(is_temporary) => {
                    match self.disk.stat(&self.at(&path)) {
                        Ok(stat) if stat.modified < before => found.stale.push(path),
                        Ok(_) => {}
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
                Kind::File | Kind::Link | Kind::Other => {}
            }
        }
        Ok(found)
    }
}

// === impl Swept ===

impl Swept {
    fn note_failure(&mut self, operation: &'static str, path: &str, source: io::Error) {
        match StorePath::new(path) {
            Ok(path) => self.note(StoreError::Io {
                operation,
                path,
                source,
            }),
            Err(_) => self.failed += 1,
        }
    }
}
