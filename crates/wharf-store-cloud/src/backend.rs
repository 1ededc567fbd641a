//! A bucket, and the protocol that its provider speaks.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use object_store::list::PaginatedListStore;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{Attributes, ObjectStore};
use quick_cache::sync::Cache;
use tokio::sync::OnceCell;
use wharf_store::StorePath;

use crate::locks::Locks;
use crate::parts::Gathering;
use crate::seen::Seen;

/// What a provider's client can do.
#[derive(Clone)]
pub struct Backend {
    /// Whole objects.
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// Objects in parts.
    pub(crate) parts: Arc<dyn MultipartStore>,
    /// Listings, page by page.
    pub(crate) lists: Arc<dyn PaginatedListStore>,
    /// What is said of every object that is written.
    pub(crate) attributes: Attributes,
    /// Who signs URLs for clients.
    pub(crate) signer: Option<Arc<dyn Signer>>,
    /// Where the parts of an object are.
    pub(crate) gathering: Gathering,
    pub(crate) copying: Copying,
}

/// How a provider copies objects.
#[derive(Clone)]
pub(crate) enum Copying {
    /// In one request.
    AtOnce,
    /// In parts if they are large, where copying them in one piece is slow or refused.
    InParts(Arc<dyn PartCopies>),
    /// By requests of its own.
    ByItself(Arc<dyn WholeCopies>),
}

/// Copying an object, however many requests that takes.
#[async_trait]
pub(crate) trait WholeCopies: Send + Sync {
    /// Returns when all of it has been copied.
    async fn copy(&self, from: &Path, to: &Path) -> object_store::Result<()>;
}

/// Copying a part of an object into a part of another.
#[async_trait]
pub(crate) trait PartCopies: Send + Sync {
    /// Larger objects are copied in parts.
    fn threshold(&self) -> u64;

    /// Bytes of a part.
    fn part(&self) -> u64;

    /// Parts at once.
    fn at_once(&self) -> usize;

    /// Makes the part with this number, counted from 0, of the upload `id` to `to`.
    async fn copy_part(
        &self,
        from: &Path,
        to: &Path,
        id: &str,
        number: u64,
        range: Range<u64>,
    ) -> object_store::Result<PartId>;
}

/// The part of a bucket that is ours.
pub(crate) struct Bucket {
    pub(crate) backend: Backend,
    /// Without a slash at either end.
    root: String,
    /// Bytes of the first parts of an upload.
    pub(crate) part: u64,
    /// What this process knows of the clock.
    pub(crate) seen: Seen,
    /// Who keeps the clock, if it is not in the bucket.
    pub(crate) locks: Option<Arc<dyn Locks>>,
    /// Set once the bucket tells where the clock is, or has been asked.
    pub(crate) told: OnceCell<()>,
    /// Whether the provider keeps to conditions, once that was tried.
    pub(crate) conditions: OnceCell<bool>,
    /// When this process last wrote or touched something.
    pub(crate) own: Cache<StorePath, Instant>,
    /// Holds of this process that are over, and still on their way out of the bucket.
    pub(crate) released: Mutex<BTreeSet<StorePath>>,
}

// === impl Backend ===

impl Backend {
    /// A client that can do all of it.
    pub fn new<C>(client: C, attributes: Attributes) -> Self
    where
        C: ObjectStore + MultipartStore + PaginatedListStore,
    {
        let client = Arc::new(client);
        Self {
            objects: Arc::<C>::clone(&client),
            parts: Arc::<C>::clone(&client),
            lists: client,
            attributes,
            signer: None,
            gathering: Gathering::InPlace,
            copying: Copying::AtOnce,
        }
    }

    /// The same, which gathers parts there.
    #[must_use]
    pub fn gathering(self, gathering: Gathering) -> Self {
        Self { gathering, ..self }
    }

    /// The same, which copies so.
    pub(crate) fn copying(self, copying: Copying) -> Self {
        Self { copying, ..self }
    }

    /// The same, which can send clients to the bucket.
    pub(crate) fn signing_by(self, signer: Arc<dyn Signer>) -> Self {
        Self {
            signer: Some(signer),
            ..self
        }
    }
}

// === impl Bucket ===

impl Bucket {
    pub(crate) fn new(
        backend: Backend,
        root: &str,
        part: u64,
        locks: Option<Arc<dyn Locks>>,
    ) -> Self {
        Self {
            backend,
            locks,
            told: OnceCell::new(),
            root: root.trim_matches('/').to_owned(),
            part: part.max(LEAST_PART),
            seen: Seen::default(),
            conditions: OnceCell::new(),
            own: Cache::new(MOST_OWN),
            released: Mutex::default(),
        }
    }

    /// The key of what is at a path.
    pub(crate) fn key(&self, path: &StorePath) -> Path {
        self.key_of(path.as_str())
    }

    /// The path that has this key, if it is one of ours.
    pub(crate) fn path_of(&self, key: &Path) -> Option<StorePath> {
        let below = key.as_ref().strip_prefix(&self.root)?;
        StorePath::new(below.trim_start_matches('/')).ok()
    }

    /// The same of a path of our own.
    pub(crate) fn key_of(&self, path: &str) -> Path {
        if self.root.is_empty() {
            Path::from(path)
        } else {
            Path::from(format!("{}/{path}", self.root))
        }
    }
}

/// S3 takes no smaller ones but the last (`UploadPart`).
const LEAST_PART: u64 = 5 << 20;
/// Paths that are remembered.
const MOST_OWN: usize = 16 << 10;
