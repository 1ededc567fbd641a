//! Reading: whole objects, open files, sizes and listings.

use std::io;

use bytes::Bytes;

use super::disk::{Kind, Name};
use super::temporary::is_temporary;
use super::tree::{Tree, only_file};
use crate::{Entry, EntryKind, FileSpan, Payload, Result, StoreError, StorePath};

// === impl Tree ===

impl Tree {
    pub(super) fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        let failed = |error| StoreError::from_io("read", path, error);
        let too_large = |size| StoreError::TooLarge {
            path: path.clone(),
            size,
            limit,
        };
        let file = self.disk.open(&self.at(path.as_str())).map_err(failed)?;
        let stat = self
            .disk
            .stat_open(&file)
            .and_then(|stat| only_file(path, stat))
            .map_err(failed)?;
        if stat.size > limit {
            return Err(too_large(stat.size));
        }
        // One byte more shows whether it has grown past the limit since.
        let content = self
            .disk
            .read(&file, limit.saturating_add(1))
            .map_err(failed)?;
        let size = content.len() as u64;
        if size > limit {
            Err(too_large(size))
        } else {
            Ok(content.into())
        }
    }

    pub(super) fn open(&self, path: &StorePath) -> io::Result<Payload> {
        let file = self.disk.open(&self.at(path.as_str()))?;
        let stat = only_file(path, self.disk.stat_open(&file)?)?;
        Ok(Payload::File(FileSpan::new(file, stat.size)))
    }

    pub(super) fn list(&self, path: &StorePath) -> io::Result<Vec<Entry>> {
        let names = self.disk.list(&self.at(path.as_str()))?;
        let mut entries: Vec<_> = names
            .into_iter()
            .filter_map(|name| self.entry(path, name))
            .collect();
        entries.sort_unstable();
        Ok(entries)
    }

    /// The root is there and is a directory: a volume that was unmounted leaves none, or
    /// fails.
    pub(super) fn ping(&self) -> io::Result<()> {
        match self.disk.stat(&self.at(""))?.kind {
            Kind::Directory => Ok(()),
            Kind::File | Kind::Link | Kind::Other => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Nothing for what cannot be addressed or read: names that are not UTF-8, dangling
    /// links, sockets, unfinished writes.
    fn entry(&self, directory: &StorePath, Name { name, kind }: Name) -> Option<Entry> {
        let name = name.into_string().ok()?;
        let kind = match kind {
            Kind::Link => {
                self.disk
                    .stat(&self.at(directory.as_str()).join(&name))
                    .ok()?
                    .kind
            }
            Kind::File | Kind::Directory | Kind::Other => kind,
        };
        match kind {
            Kind::Directory => Some(Entry {
                name,
                kind: EntryKind::Directory,
            }),
            Kind::File if !is_temporary(&name) => Some(Entry {
                name,
                kind: EntryKind::Object,
            }),
            Kind::File | Kind::Link | Kind::Other => None,
        }
    }
}
