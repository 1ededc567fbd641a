//! The memory driver: for tests of what is built on a store, and of states that a disk
//! may be left in.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::{
    Appender, Durability, EntryKind, Hold, Listing, Payload, Removal, Result, Stat, Store,
    StoreError, StorePath,
};

/// Objects in memory, gone with the last clone. Clones share them. Directories are
/// implied: one exists while something is below it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
    clock: Clock,
    held: Arc<Mutex<BTreeMap<StorePath, Weak<()>>>>,
}

/// The time that objects are touched at.
#[derive(Clone, Debug, Default)]
struct Clock {
    shift: Arc<Mutex<Shift>>,
}

/// How that differs from the machine's.
#[derive(Debug, Default)]
struct Shift {
    ahead: Duration,
    behind: Duration,
}

/// Like an inode: an appender keeps writing to it when its name has gone elsewhere.
#[derive(Clone, Debug)]
struct Object {
    body: Arc<Mutex<Body>>,
    clock: Clock,
}

#[derive(Debug)]
struct Body {
    frames: Vec<Bytes>,
    touched: SystemTime,
}

struct MemoryAppender {
    object: Object,
    len: u64,
}

// === impl MemoryStore ===

impl MemoryStore {
    /// A store that holds these objects.
    #[must_use]
    pub fn from_snapshot(files: BTreeMap<String, Bytes>) -> Self {
        let clock = Clock::default();
        let objects = files
            .into_iter()
            .map(|(path, content)| (path, Object::new(content, &clock)))
            .collect();
        Self {
            objects: Arc::new(Mutex::new(objects)),
            clock,
            held: Arc::default(),
        }
    }

    /// Lets time pass: what was touched before is older by so much.
    pub fn pass(&self, time: Duration) {
        self.clock.lock().ahead += time;
    }

    /// Sets the clock back: what was touched before may now be in the future.
    pub fn set_back(&self, time: Duration) {
        self.clock.lock().behind += time;
    }

    /// All objects as they are now, by path.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, Bytes> {
        self.lock()
            .iter()
            .map(|(path, object)| (path.clone(), object.content()))
            .collect()
    }

    fn find(&self, path: &StorePath) -> Result<Object> {
        self.lock()
            .get(path.as_str())
            .cloned()
            .ok_or_else(|| StoreError::NotFound(path.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        let content = self.find(path)?.content();
        StoreError::unless_within(limit, content.len() as u64, path)?;
        Ok(content)
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        Ok(Payload::Bytes(self.find(path)?.content()))
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        Ok(self.find(path)?.len())
    }

    async fn put(&self, path: &StorePath, content: Bytes, _durability: Durability) -> Result<()> {
        let mut objects = self.lock();
        check_place("put", path, &objects)?;
        objects.insert(path.as_str().to_owned(), Object::new(content, &self.clock));
        Ok(())
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let mut objects = self.lock();
        check_place("append to", path, &objects)?;
        let object = objects
            .entry(path.as_str().to_owned())
            .or_insert_with(|| Object::empty(&self.clock))
            .clone();
        Ok(Box::new(MemoryAppender {
            len: object.len(),
            object,
        }))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        let mut objects = self.lock();
        let object = objects
            .get(from.as_str())
            .cloned()
            .ok_or_else(|| StoreError::NotFound(from.clone()))?;
        check_place("publish to", to, &objects)?;
        object.touch();
        objects.remove(from.as_str());
        objects.insert(to.as_str().to_owned(), object);
        Ok(())
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        let objects = self.lock();
        let listing = Listing::new(below(path, &objects).map(entry).collect());
        if listing.is_empty() {
            Err(StoreError::NotFound(path.clone()))
        } else {
            Ok(listing)
        }
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        let mut objects = self.lock();
        let mut gone: Vec<_> = below(path, &objects)
            .map(|rest| format!("{path}/{rest}"))
            .collect();
        gone.extend(
            objects
                .contains_key(path.as_str())
                .then(|| path.as_str().to_owned()),
        );
        if gone.is_empty() {
            return Err(StoreError::NotFound(path.clone()));
        }
        for path in gone {
            objects.remove(&path);
        }
        Ok(())
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        let object = self.find(path)?;
        Ok(Stat {
            size: object.len(),
            touched: object.lock().touched,
        })
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        let objects = self.lock();
        let object = objects.get(path.as_str());
        let object = object.ok_or_else(|| StoreError::NotFound(path.clone()))?;
        object.touch();
        Ok(())
    }

    async fn now(&self) -> Result<SystemTime> {
        Ok(self.clock.now())
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        let mut objects = self.lock();
        let removal = untouched(&objects, path, since);
        if matches!(removal, Removal::Removed(_)) {
            objects.remove(path.as_str());
        }
        Ok(removal)
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        let mut objects = self.lock();
        check_place("publish to", to, &objects)?;
        let removal = untouched(&objects, path, since);
        if matches!(removal, Removal::Removed(_))
            && let Some(object) = objects.remove(path.as_str())
        {
            objects.insert(to.as_str().to_owned(), object);
        }
        Ok(removal)
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        let mut held = self.holds();
        held.retain(|_, hold| hold.strong_count() > 0);
        let hold = held.get(path).and_then(Weak::upgrade).unwrap_or_default();
        held.insert(path.clone(), Arc::downgrade(&hold));
        Ok(Hold::of(hold))
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        let held = self.holds();
        Ok(held.get(path).is_some_and(|hold| hold.strong_count() > 0))
    }
}

// === impl MemoryStore ===

impl MemoryStore {
    fn holds(&self) -> MutexGuard<'_, BTreeMap<StorePath, Weak<()>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to become of an object.
fn untouched(objects: &BTreeMap<String, Object>, path: &StorePath, since: SystemTime) -> Removal {
    match objects.get(path.as_str()) {
        None => Removal::Absent,
        Some(object) if object.lock().touched >= since => Removal::Kept,
        Some(object) => Removal::Removed(object.len()),
    }
}

// === impl Clock ===

impl Clock {
    fn now(&self) -> SystemTime {
        let shift = self.lock();
        SystemTime::now() + shift.ahead - shift.behind
    }

    fn lock(&self) -> MutexGuard<'_, Shift> {
        self.shift.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Object ===

impl Object {
    fn new(content: Bytes, clock: &Clock) -> Self {
        Self {
            body: Arc::new(Mutex::new(Body {
                frames: vec![content],
                touched: clock.now(),
            })),
            clock: clock.clone(),
        }
    }

    fn empty(clock: &Clock) -> Self {
        let object = Self::new(Bytes::new(), clock);
        object.lock().frames.clear();
        object
    }

    /// Later than it was, whatever the clock says.
    fn touch(&self) {
        let mut body = self.lock();
        let later = body.touched + Duration::from_nanos(1);
        body.touched = self.clock.now().max(later);
    }

    fn len(&self) -> u64 {
        let body = self.lock();
        body.frames.iter().map(|frame| frame.len() as u64).sum()
    }

    /// All of it in one piece, which is kept that way.
    fn content(&self) -> Bytes {
        let mut body = self.lock();
        let frames = &mut body.frames;
        if let [whole] = frames.as_slice() {
            return whole.clone();
        }
        let mut joined = BytesMut::new();
        for frame in frames.drain(..) {
            joined.extend_from_slice(&frame);
        }
        let whole = joined.freeze();
        frames.push(whole.clone());
        whole
    }

    fn lock(&self) -> MutexGuard<'_, Body> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl MemoryAppender ===

#[async_trait]
impl Appender for MemoryAppender {
    fn len(&self) -> u64 {
        self.len
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        let mut body = self.object.lock();
        body.frames.extend_from_slice(frames);
        body.touched = self.object.clock.now();
        drop(body);
        self.len = self.object.len();
        Ok(())
    }

    async fn sync(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What is below `path`, relative to it.
fn below<'a>(
    path: &StorePath,
    objects: &'a BTreeMap<String, Object>,
) -> impl Iterator<Item = &'a str> {
    // `0` is the character after `/`.
    let (prefix, end) = (format!("{path}/"), format!("{path}0"));
    let range = objects.range::<str, _>((
        Bound::Included(prefix.as_str()),
        Bound::Excluded(end.as_str()),
    ));
    range.filter_map(move |(path, _)| path.strip_prefix(prefix.as_str()))
}

/// The first component of a path, as it is listed.
fn entry(path: &str) -> (&str, EntryKind) {
    match path.split_once('/') {
        Some((directory, _)) => (directory, EntryKind::Directory),
        None => (path, EntryKind::Object),
    }
}

/// An object can be neither where a directory is nor below another object.
fn check_place(
    operation: &'static str,
    path: &StorePath,
    objects: &BTreeMap<String, Object>,
) -> Result<()> {
    let refuse = |kind: ErrorKind| {
        Err(StoreError::Io {
            operation,
            path: path.clone(),
            source: kind.into(),
        })
    };
    let mut above = path
        .as_str()
        .match_indices('/')
        .filter_map(|(at, _)| path.as_str().get(..at));
    if above.any(|directory| objects.contains_key(directory)) {
        return refuse(ErrorKind::NotADirectory);
    }
    if below(path, objects).next().is_some() {
        return refuse(ErrorKind::IsADirectory);
    }
    Ok(())
}
