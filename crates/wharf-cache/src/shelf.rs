//! What is in the directory and what is on its way there, within the bound.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf_spec::Digest;

use crate::directory::{Found, Kept};
use crate::fill::Fill;

pub(crate) struct Shelf {
    /// The most bytes.
    bound: u64,
    /// Those that are here, and those that there is to be room for.
    bytes: u64,
    kept: HashMap<Digest, Entry>,
    /// The blobs by when they were used, the longest ago first.
    order: BTreeMap<u64, Digest>,
    turn: u64,
    fills: HashMap<Digest, Arc<Fill>>,
    /// When the disk is trusted again.
    trusted: Option<Instant>,
}

struct Entry {
    size: u64,
    turn: u64,
    /// When its file was last told that it is used.
    stamped: Option<Instant>,
}

/// A blob that was used.
pub(crate) struct Used {
    pub(crate) file: Kept,
    pub(crate) is_to_be_stamped: bool,
}

/// What becomes of the wish to have a blob here.
pub(crate) enum Begun {
    /// It is here.
    Kept,
    /// It is coming.
    Joined(Arc<Fill>),
    /// It is to be filled, in the place of these.
    New(Arc<Fill>, Vec<Kept>),
    /// It cannot be.
    Refused,
}

// === impl Shelf ===

impl Shelf {
    /// What was found, and what of it is too much.
    pub(crate) fn of(bound: u64, mut found: Vec<Found>) -> (Self, Vec<Kept>) {
        let mut shelf = Self {
            bound,
            bytes: 0,
            kept: HashMap::new(),
            order: BTreeMap::new(),
            turn: 0,
            fills: HashMap::new(),
            trusted: None,
        };
        found.sort_by_key(|found| found.used);
        for found in found {
            shelf.bytes += found.file.size;
            shelf.put(found.file, None);
        }
        let surplus = shelf.make_room(0).unwrap_or_default();
        (shelf, surplus)
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn size(&self, digest: Digest) -> Option<u64> {
        self.kept.get(&digest).map(|entry| entry.size)
    }

    /// A blob of this size, which is the last to go from now on.
    pub(crate) fn used(&mut self, digest: Digest, size: u64) -> Option<Used> {
        let entry = self.kept.get_mut(&digest)?;
        if entry.size != size {
            return None;
        }
        self.order.remove(&entry.turn);
        self.turn += 1;
        entry.turn = self.turn;
        self.order.insert(self.turn, digest);
        let is_to_be_stamped = entry.stamped.is_none_or(|at| at.elapsed() >= STAMP);
        if is_to_be_stamped {
            entry.stamped = Some(Instant::now());
        }
        Some(Used {
            file: Kept { digest, size },
            is_to_be_stamped,
        })
    }

    /// Makes room for a blob, and a fill of it, if it is neither here nor coming.
    pub(crate) fn begin(&mut self, digest: Digest, size: u64) -> Begun {
        if let Some(entry) = self.kept.get(&digest) {
            // What the store has is not what was right.
            return if entry.size == size {
                Begun::Kept
            } else {
                Begun::Refused
            };
        }
        if let Some(fill) = self.fills.get(&digest) {
            // One that has failed leaves when its bytes are gone.
            return if fill.size() == size && !fill.has_failed() {
                Begun::Joined(Arc::clone(fill))
            } else {
                Begun::Refused
            };
        }
        let is_trusted = self.trusted.is_none_or(|at| at <= Instant::now());
        if size > self.bound / LARGEST || self.fills.len() >= AT_ONCE || !is_trusted {
            return Begun::Refused;
        }
        let Some(victims) = self.make_room(size) else {
            return Begun::Refused;
        };
        self.bytes += size;
        let fill = Arc::new(Fill::new(digest, size));
        self.fills.insert(digest, Arc::clone(&fill));
        Begun::New(fill, victims)
    }

    /// The fill of a blob that is coming.
    pub(crate) fn coming(&self, digest: Digest) -> Option<Arc<Fill>> {
        let fill = self.fills.get(&digest).filter(|fill| !fill.has_failed());
        fill.cloned()
    }

    /// A fill is over, and its blob is here.
    pub(crate) fn filled(&mut self, file: Kept) {
        if self.fills.remove(&file.digest).is_some() {
            self.put(file, Some(Instant::now()));
        }
    }

    /// A fill is over, and came to nothing.
    pub(crate) fn failed(&mut self, file: Kept) {
        if self.fills.remove(&file.digest).is_some() {
            self.bytes -= file.size;
        }
    }

    /// The disk has failed: for a while, nothing is given to it.
    pub(crate) fn distrust(&mut self) {
        self.trusted = Some(Instant::now() + DISTRUST);
    }

    pub(crate) fn forget(&mut self, file: Kept) {
        if let Some(entry) = self.kept.remove(&file.digest) {
            self.order.remove(&entry.turn);
            self.bytes -= entry.size;
        }
    }

    fn put(&mut self, file: Kept, stamped: Option<Instant>) {
        self.turn += 1;
        let entry = Entry {
            size: file.size,
            turn: self.turn,
            stamped,
        };
        self.order.insert(self.turn, file.digest);
        self.kept.insert(file.digest, entry);
    }

    /// What has to go so that `more` bytes have room; nothing if that is not enough, and then
    /// nothing goes.
    fn make_room(&mut self, more: u64) -> Option<Vec<Kept>> {
        let mut missing = self.bytes.saturating_add(more).saturating_sub(self.bound);
        let coming: u64 = self.fills.values().map(|fill| fill.size()).sum();
        if self.bytes.saturating_sub(coming) < missing {
            return None;
        }
        let mut victims = Vec::new();
        while missing > 0 {
            let (_, digest) = self.order.pop_first()?;
            let entry = self.kept.remove(&digest)?;
            self.bytes -= entry.size;
            missing = missing.saturating_sub(entry.size);
            let size = entry.size;
            victims.push(Kept { digest, size });
        }
        Some(victims)
    }
}

/// A blob of more than this part of the bound would drive out too much: half of it.
const LARGEST: u64 = 2;
/// Fills at once: each holds two batches of a megabyte.
const AT_ONCE: usize = 16;
/// How exactly files tell when they were used.
const STAMP: Duration = Duration::from_secs(60);
/// How long a disk that failed is left alone.
const DISTRUST: Duration = Duration::from_secs(10);
