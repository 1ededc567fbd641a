//! A cache in a directory of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use wharf_cache::{Answered, BlobCache, CacheObserver, FillEnd};
use wharf_store::{FileSpan, Payload};

use crate::disk::Wilful;
use crate::source::Source;

pub(crate) struct Scene {
    pub(crate) cache: BlobCache,
    pub(crate) disk: Wilful,
    pub(crate) told: Arc<Told>,
    root: TempDir,
}

/// What an observer was told.
#[derive(Default)]
pub(crate) struct Told {
    answered: Mutex<BTreeMap<String, usize>>,
    filled: Mutex<Vec<(FillEnd, u64)>>,
    most: AtomicU64,
}

// === impl Scene ===

impl Scene {
    /// With room for so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let (root, disk, told) = (directory(), Wilful::default(), Arc::default());
        let cache = open(&root, &disk, &told, bytes);
        Self {
            cache,
            disk,
            told,
            root,
        }
    }

    /// As after the end of its process, however that came.
    pub(crate) async fn restarted(self, bytes: u64) -> Self {
        let Self {
            cache,
            disk,
            told,
            root,
        } = self;
        cache.close().await;
        drop(cache);
        let cache = open(&root, &disk, &told, bytes);
        Self {
            cache,
            disk,
            told,
            root,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().to_owned()
    }

    /// What somebody gets who wants a part.
    pub(crate) async fn part(&self, source: &Source, part: Range<u64>) -> io::Result<Vec<u8>> {
        let payload = self.cache.nearer(source.digest, source.payload()).await;
        all(payload.slice(part)).await
    }

    pub(crate) async fn get(&self, source: &Source) -> io::Result<Vec<u8>> {
        self.part(source, 0..u64::MAX).await
    }

    /// The same, and waits until nothing is being filled.
    pub(crate) async fn fill(&self, source: &Source) {
        let before = self.told.ends().len();
        assert!(self.get(source).await.unwrap() == source.bytes());
        self.comes(|| self.told.ends().len() > before).await;
        assert!(self.cache.holds(source.digest));
    }

    pub(crate) async fn comes(&self, has_come: impl Fn() -> bool) {
        let waiting = async {
            while !has_come() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        waited.expect("it has not come");
    }

    /// The names of the files in a directory of the cache.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.path().join(directory)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The file of a blob.
    pub(crate) fn file(&self, source: &Source) -> PathBuf {
        let name = format!("sha256-{}.{}", source.digest.hex(), source.bytes().len());
        self.root.path().join("blobs").join(name)
    }

    /// Makes a file as old as that.
    pub(crate) fn age(&self, source: &Source, seconds: u64) {
        let file = File::options().write(true).open(self.file(source)).unwrap();
        let then = SystemTime::now() - Duration::from_secs(seconds);
        file.set_modified(then).unwrap();
    }

    /// Bytes in all files.
    pub(crate) fn bytes(&self) -> u64 {
        let sizes = ["blobs", "filling"].map(|directory| {
            let names = self.names(directory).into_iter();
            let path = self.root.path().join(directory);
            let sizes =
                names.map(|name| std::fs::metadata(path.join(name)).map_or(0, |it| it.len()));
            sizes.sum::<u64>()
        });
        sizes.iter().sum()
    }
}

fn open(root: &TempDir, disk: &Wilful, told: &Arc<Told>, bytes: u64) -> BlobCache {
    let observer = Arc::clone(told) as Arc<dyn CacheObserver>;
    BlobCache::open(disk.clone(), root.path(), bytes, observer).unwrap()
}

/// The bytes of a payload, to the end.
pub(crate) async fn all(payload: Payload) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match payload {
        Payload::Bytes(here) => bytes.extend_from_slice(&here),
        Payload::File(span) => bytes = of_file(span),
        Payload::Remote(mut span) => {
            while let Some(frame) = span.next().await {
                bytes.extend_from_slice(&frame?);
            }
        }
    }
    Ok(bytes)
}

pub(crate) fn of_file(mut span: FileSpan) -> Vec<u8> {
    span.read_front(usize::MAX).unwrap().to_vec()
}

// === impl Told ===

impl Told {
    pub(crate) fn answered(&self, answered: Answered) -> usize {
        let told = self.answered.lock().unwrap();
        told.get(&format!("{answered:?}")).copied().unwrap_or(0)
    }

    pub(crate) fn ends(&self) -> Vec<FillEnd> {
        let filled = self.filled.lock().unwrap();
        filled.iter().map(|(end, _)| *end).collect()
    }

    /// The most bytes that have ever been there, or on their way.
    pub(crate) fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }
}

impl CacheObserver for Told {
    fn answered(&self, answered: Answered) {
        let mut told = self.answered.lock().unwrap();
        *told.entry(format!("{answered:?}")).or_default() += 1;
    }

    fn filled(&self, end: FillEnd, bytes: u64) {
        self.filled.lock().unwrap().push((end, bytes));
    }

    fn stands(&self, bytes: u64) {
        self.most.fetch_max(bytes, Ordering::SeqCst);
    }
}

/// In memory where that is possible: who reads does without a disk that stands still, as disks
/// do for seconds while others write much.
fn directory() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.unwrap_or_else(|_| tempfile::tempdir().unwrap())
}
