//! Reading: whole objects, open files, sizes and listings.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::disk::{Kind, Name, Stamp};
use super::listings::{Known, Listings, Sealing};
use super::temporary::is_temporary;
use super::tree::{Tree, only_file};
use crate::{EntryKind, FileSpan, Listing, Payload, Result, StoreError, StorePath};

// === impl Tree ===

impl Tree {
    pub(super) fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        let failed = |error| StoreError::from_io("read", path, error);
        let file = self.disk.open(&self.at(path.as_str())).map_err(failed)?;
        let stat = self
            .disk
            .stat_open(&file)
            .and_then(|stat| only_file(path, stat))
            .map_err(failed)?;
        StoreError::unless_within(limit, stat.size, path)?;
        // One byte more shows whether it has grown past the limit since.
        let content = self
            .disk
            .read(&file, limit.saturating_add(1))
            .map_err(failed)?;
        StoreError::unless_within(limit, content.len() as u64, path)?;
        Ok(content.into())
    }

    /// As [`Self::read`] of what is small and in memory; nothing if that cannot be had.
    pub(super) fn read_now(&self, path: &StorePath, limit: u64) -> Option<Result<Bytes>> {
        let opened = self.disk.open_now(&self.at(path.as_str()));
        let opened = opened.and_then(|(file, stat)| Ok((file, only_file(path, stat)?.size)));
        if let Ok((_, size)) = opened
            && let Err(too_large) = StoreError::unless_within(limit, size, path)
        {
            return Some(Err(too_large));
        }
        let read = match opened {
            Ok((file, size)) => match usize::try_from(size) {
                Ok(size) if size <= INLINE_BYTES => self.disk.read_now(&file, size),
                Ok(_) | Err(_) => return None,
            },
            Err(error) => Err(error),
        };
        match read {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => Some(Err(StoreError::from_io("read", path, error))),
            Ok(content) => Some(Ok(content.into())),
        }
    }

    /// As [`Self::open`], or `WouldBlock`.
    pub(super) fn open_now(&self, path: &StorePath) -> io::Result<Payload> {
        let (file, stat) = self.disk.open_now(&self.at(path.as_str()))?;
        let stat = only_file(path, stat)?;
        Ok(Payload::File(FileSpan::new(file, stat.size)))
    }

    /// The size of the object, or `WouldBlock`.
    pub(super) fn size_now(&self, path: &StorePath) -> io::Result<u64> {
        let stat = self.disk.stat_now(&self.at(path.as_str()))?;
        Ok(only_file(path, stat)?.size)
    }

    pub(super) fn open(&self, path: &StorePath) -> io::Result<Payload> {
        let file = self.disk.open(&self.at(path.as_str()))?;
        let stat = only_file(path, self.disk.stat_open(&file)?)?;
        Ok(Payload::File(FileSpan::new(file, stat.size)))
    }

    /// The listing, if one is kept and still true; else `WouldBlock`.
    pub(super) fn kept_listing(
        &self,
        path: &StorePath,
        listings: &Listings,
    ) -> io::Result<Listing> {
        if !listings.is_on() {
            return Err(ErrorKind::WouldBlock.into());
        }
        if let Some(watch) = self.watch_so_far() {
            watch.catch_up();
            if let Some(listing) = listings.get_sealed(path.as_str()) {
                return Ok(listing);
            }
        }
        let stamp = self.disk.stamp_now(&self.at(path.as_str()))?;
        match listings.get(path.as_str(), stamp) {
            Known::Listing(listing) => Ok(listing),
            Known::Unsealed(_) | Known::Nothing => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// As [`Self::list_below`] of what is kept under seals; else `WouldBlock`.
    pub(super) fn kept_listings_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        listings: &Listings,
    ) -> io::Result<Vec<Listing>> {
        let none = || io::Error::from(ErrorKind::WouldBlock);
        self.watch_so_far().ok_or_else(none)?.catch_up();
        let mut path = String::new();
        let kept = listing.range(places).map(|entry| {
            path.clear();
            path.extend([directory.as_str(), "/", entry.name]);
            listings.get_sealed(&path).ok_or_else(none)
        });
        kept.collect()
    }

    pub(super) fn list(&self, path: &StorePath, listings: &Listings) -> io::Result<Listing> {
        let at = self.at(path.as_str());
        let now = SystemTime::now();
        // A directory that has just been changed need not be looked at again.
        let stamp = || self.disk.stamp(&at).ok();
        let before = listings.is_on().then(stamp).flatten();
        let before = before.filter(|stamp| stamp.is_settled(now));
        if let Some(listing) = before.and_then(|stamp| self.still_true(path, stamp, listings)) {
            return Ok(listing);
        }
        let names = self.disk.list(&at)?;
        let has_links = names.iter().any(|name| name.kind == Kind::Link);
        let entries = names
            .into_iter()
            .filter_map(|name| self.entry(path, name))
            .collect();
        let listing = Listing::new(entries);
        if let Some(stamp) = before
            && !has_links
            && self.disk.stamp(&at).is_ok_and(|after| after == stamp)
        {
            listings.keep(path, stamp, Sealing::Untried, &listing);
        }
        Ok(listing)
    }

    /// The listings of these directories; empty ones of what is not there.
    pub(super) fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        listings: &Listings,
    ) -> io::Result<Vec<Listing>> {
        let names: Vec<_> = listing.range(places).map(|entry| entry.name).collect();
        let stamps = if listings.is_on() {
            self.disk.stamps(&self.at(directory.as_str()), &names)?
        } else {
            vec![None; names.len()]
        };
        let listed = names.iter().zip(stamps).map(|(name, stamp)| {
            let Ok(path) = StorePath::new(format!("{directory}/{name}")) else {
                return Ok(Listing::default());
            };
            match stamp.and_then(|stamp| self.still_true(&path, stamp, listings)) {
                Some(listing) => Ok(listing),
                None => match self.list(&path, listings) {
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(Listing::default()),
                    listed => listed,
                },
            }
        });
        listed.collect()
    }

    /// The listing, if it is kept and the directory has this stamp, from now on under a seal.
    fn still_true(&self, path: &StorePath, stamp: Stamp, listings: &Listings) -> Option<Listing> {
        let listing = match listings.get(path.as_str(), stamp) {
            Known::Listing(listing) => return Some(listing),
            Known::Unsealed(listing) => listing,
            Known::Nothing => return None,
        };
        let seal = self.watch().and_then(|watch| watch.seal(path.as_str()));
        // What changed before the seal was taken is seen in the stamp, what changes after it
        // breaks the seal.
        let is_same = || self.disk.stamp(&self.at(path.as_str())).ok() == Some(stamp);
        let sealing = match seal {
            Some(seal) if is_same() => Sealing::Sealed(seal),
            Some(_) | None => Sealing::Failed(Instant::now()),
        };
        listings.keep(path, stamp, sealing, &listing);
        Some(listing)
    }

    /// Which of the names hold an object at `below`.
    pub(super) fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> io::Result<Vec<bool>> {
        let names: Vec<_> = listing.range(places).map(|entry| entry.name).collect();
        let kinds = self.disk.kinds(&self.at(directory.as_str()), &names, below);
        are_files(kinds, names.len())
    }

    /// As [`Self::holding`], or `WouldBlock`.
    pub(super) fn holding_now(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> io::Result<Vec<bool>> {
        let names: Vec<_> = listing.range(places).map(|entry| entry.name).collect();
        let kinds = self
            .disk
            .kinds_now(&self.at(directory.as_str()), &names, below);
        are_files(kinds, names.len())
    }

    /// The root is there and is a directory: a volume that was unmounted leaves none, or
    /// fails.
    pub(super) fn ping(&self) -> io::Result<()> {
        match self.disk.stat(&self.at(""))?.kind {
            Kind::Directory => Ok(()),
            Kind::File | Kind::Link | Kind::Other => Err(ErrorKind::NotADirectory.into()),
        }
    }

    /// Nothing for what cannot be addressed or read: names that are not UTF-8, dangling
    /// links, sockets, unfinished writes.
    fn entry(
        &self,
        directory: &StorePath,
        Name { name, kind }: Name,
    ) -> Option<(String, EntryKind)> {
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
            Kind::Directory => Some((name, EntryKind::Directory)),
            Kind::File if !is_temporary(&name) => Some((name, EntryKind::Object)),
            Kind::File | Kind::Link | Kind::Other => None,
        }
    }
}

/// Nothing is in a directory that is not there.
fn are_files(kinds: io::Result<Vec<Option<Kind>>>, count: usize) -> io::Result<Vec<bool>> {
    match kinds {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(vec![false; count]),
        kinds => Ok(kinds?
            .into_iter()
            .map(|kind| kind == Some(Kind::File))
            .collect()),
    }
}

/// More than is read in the time that one piece of async work may take is read elsewhere.
pub(super) const INLINE_BYTES: usize = 128 << 10;
