//! What manifests need, read a few at once.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;
use tokio::task::JoinHandle;
use wharf_spec::{Digest, Manifest, ManifestError, RepositoryName};
use wharf_store::StoreError;

use super::told;
use crate::Registry;
use crate::key::Key;

/// What a manifest refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Configuration and layers.
    pub(crate) blobs: Vec<Digest>,
    /// What an index lists.
    pub(crate) children: Vec<Digest>,
    pub(crate) subject: Option<Digest>,
    /// Where its own data is, if that is not under its digest.
    pub(crate) target: Option<Digest>,
}

/// A manifest that a repository links.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) digest: Digest,
    pub(crate) link: Link,
    pub(crate) content: Content,
}

/// What the revision link holds.
#[derive(Debug)]
pub(crate) enum Link {
    /// It leads here.
    To(Digest),
    /// There is none, whatever else may be in its directory.
    Absent,
    /// No digest.
    Bad,
    /// Nobody knows.
    Failed(String),
}

/// What the data holds.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Facts),
    Absent,
    /// Nobody knows what it needs, and why.
    Unknown(String),
}

/// Reads manifests in the order in which they were asked for.
pub(crate) struct Ahead {
    waiting: VecDeque<JoinHandle<Found>>,
}

/// The references of a manifest of Docker's first schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema1 {
    fs_layers: Vec<FsLayer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FsLayer {
    blob_sum: Digest,
}

// === impl Facts ===

impl Facts {
    /// Everything that has to be there for the manifest to be whole.
    pub(crate) fn references(&self) -> impl Iterator<Item = Digest> {
        self.blobs.iter().chain(&self.children).copied()
    }

    /// What the bytes of a manifest say, or why that cannot be told.
    pub(crate) fn read(bytes: &Bytes) -> Result<Self, String> {
        match Manifest::parse(bytes.clone(), None) {
            Ok(manifest) => {
                let blobs = manifest.config().into_iter().chain(manifest.layers());
                Ok(Self {
                    blobs: blobs.map(|blob| blob.digest).collect(),
                    children: manifest.children().iter().map(|it| it.digest).collect(),
                    subject: manifest.subject().map(|subject| subject.digest),
                    target: None,
                })
            }
            Err(ManifestError::Schema1) => match serde_json::from_slice::<Schema1>(bytes) {
                Ok(schema1) => Ok(Self {
                    blobs: schema1.fs_layers.iter().map(|it| it.blob_sum).collect(),
                    ..Self::default()
                }),
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error.to_string()),
        }
    }
}

// === impl Content ===

impl Content {
    /// What is stored under this digest.
    pub(crate) async fn of(registry: &Registry, digest: Digest) -> Self {
        match Self::up_to(registry, digest, SMALL).await {
            Err(StoreError::TooLarge { .. }) => {
                let read = Self::up_to(registry, digest, LARGEST).await;
                read.unwrap_or_else(|error| Self::without(&error))
            }
            read => read.unwrap_or_else(|error| Self::without(&error)),
        }
    }

    async fn up_to(registry: &Registry, digest: Digest, limit: u64) -> wharf_store::Result<Self> {
        let path = Key::BlobData(digest).path();
        let bytes = registry.inner.store.read(&path, limit).await?;
        let facts = if bytes.len() <= INLINE {
            Facts::read(&bytes)
        } else {
            let read = tokio::task::spawn_blocking(move || Facts::read(&bytes)).await;
            read.unwrap_or_else(|error| Err(error.to_string()))
        };
        Ok(match facts {
            Ok(facts) => Self::Whole(facts),
            Err(why) => Self::Unknown(why),
        })
    }

    fn without(error: &StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::Absent,
            StoreError::TooLarge { .. } | StoreError::Full { .. } | StoreError::Io { .. } => {
                Self::Unknown(told(error))
            }
        }
    }
}

// === impl Link ===

impl Link {
    /// What a link file holds.
    pub(crate) async fn read(registry: &Registry, key: Key<'_>) -> Self {
        match registry.inner.store.read(&key.path(), LONGEST_LINK).await {
            Ok(content) => {
                let digest = std::str::from_utf8(&content).ok();
                let digest = digest.and_then(|text| text.trim().parse().ok());
                digest.map_or(Self::Bad, Self::To)
            }
            Err(StoreError::NotFound(_)) => Self::Absent,
            Err(StoreError::TooLarge { .. }) => Self::Bad,
            Err(error @ (StoreError::Full { .. } | StoreError::Io { .. })) => {
                Self::Failed(told(&error))
            }
        }
    }
}

// === impl Ahead ===

impl Ahead {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }

    /// Whether as many are being read as may be at once.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= AT_ONCE
    }

    /// Begins to read one.
    pub(crate) fn begin(&mut self, registry: &Registry, name: &RepositoryName, digest: Digest) {
        let (registry, name) = (registry.clone(), name.clone());
        self.waiting.push_back(tokio::spawn(async move {
            let link = Link::read(&registry, Key::RevisionLink(&name, digest)).await;
            let content = match link {
                Link::To(target) => Content::of(&registry, target).await,
                Link::Bad | Link::Failed(_) => Content::of(&registry, digest).await,
                Link::Absent => Content::Absent,
            };
            Found {
                digest,
                link,
                content,
            }
        }));
    }

    /// The one that was begun first.
    pub(crate) async fn next(&mut self) -> Option<Found> {
        match self.waiting.pop_front()?.await {
            Ok(found) => Some(found),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// Manifests that are read at once.
const AT_ONCE: usize = 8;
/// Bounds the memory of those.
const SMALL: u64 = 1 << 20;
/// As much as is served.
const LARGEST: u64 = 32 << 20;
/// Bytes that are parsed in less time than it takes to hand them over.
const INLINE: usize = 64 << 10;
/// More than any digest has.
const LONGEST_LINK: u64 = 4096;
