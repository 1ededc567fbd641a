//! The memory driver: for tests of what is built on a store, and of states that a disk
//! may be left in.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::{
    Appender, Durability, EntryKind, Listing, Payload, Result, Store, StoreError, StorePath,
};

/// Objects in memory, gone with the last clone. Clones share them. Directories are
/// implied: one exists while something is below it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
}

/// Like an inode: an appender keeps writing to it when its name has gone elsewhere.
#[derive(Clone, Debug, Default)]
struct Object {
    frames: Arc<Mutex<Vec<Bytes>>>,
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
        let objects = files
            .into_iter()
            .map(|(path, content)| (path, Object::new(content)))
            .collect();
        Self {
            objects: Arc::new(Mutex::new(objects)),
        }
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
        let size = content.len() as u64;
        if size > limit {
            Err(StoreError::TooLarge {
                path: path.clone(),
                size,
                limit,
            })
        } else {
            Ok(content)
        }
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
        objects.insert(path.as_str().to_owned(), Object::new(content));
        Ok(())
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let mut objects = self.lock();
        check_place("append to", path, &objects)?;
        let object = objects.entry(path.as_str().to_owned()).or_default().clone();
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
}

// === impl Object ===

impl Object {
    fn new(content: Bytes) -> Self {
        Self {
            frames: Arc::new(Mutex::new(vec![content])),
        }
    }

    fn len(&self) -> u64 {
        self.lock().iter().map(|frame| frame.len() as u64).sum()
    }

    /// All of it in one piece, which is kept that way.
    fn content(&self) -> Bytes {
        let mut frames = self.lock();
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

    fn lock(&self) -> MutexGuard<'_, Vec<Bytes>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl MemoryAppender ===

#[async_trait]
impl Appender for MemoryAppender {
    fn len(&self) -> u64 {
        self.len
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        self.object.lock().extend_from_slice(frames);
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
