//! How far a collection has come, kept beside the tree so that a restarted server goes on.
//!
//! The marks are kept in chunks, each of which is written once; what names them, with their
//! digests, is written last. So what is read back is what one run has written, or it is not
//! taken: a mark that is missing would cost data.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Durability, Hold, Store, StoreError, StorePath};

use super::marks::{Noted, Prefix};
use super::{Collected, Collection, CollectionMode, Round, Sight};
use crate::key::Key;
use crate::{Registry, Result};

/// Lets a collection go on where one before it was interrupted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resume {
    /// Names the boot of the machine, and how its clock is set: what was touched before need
    /// not have survived another one.
    pub boot: String,
    /// How often what was done is written down.
    pub every: Duration,
}

/// What is behind a collection.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Progress {
    version: u32,
    boot: String,
    options: String,
    /// When it began.
    pub(super) start: SystemTime,
    /// The last that it has seen of the clock.
    pub(super) seen: SystemTime,
    pub(super) place: Place,
    is_blind: bool,
    by_manifests: u64,
    pub(super) collected: Collected,
    chunks: Vec<Chunk>,
}

/// Where it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Place {
    /// It has looked through the repositories up to this one.
    Repositories(String),
    /// All of them, and so many directories of data.
    Data(usize),
}

/// Some marks, as they are kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Chunk {
    kind: Kind,
    digest: Digest,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Kind {
    Marked,
    Young,
}

/// Writes down how far a run has come.
pub(super) struct Keeper {
    resume: Resume,
    options: String,
    chunks: Vec<Chunk>,
    last: Instant,
    /// Others do not write to the same place meanwhile.
    _hold: Hold,
}

// === impl Keeper ===

impl Keeper {
    /// Whether it is time to write again.
    pub(super) fn is_due(&self) -> bool {
        self.last.elapsed() >= self.resume.every
    }
}

// === impl Round ===

impl Round<'_> {
    /// Takes up what an interrupted run has left, or makes room for what this one leaves.
    pub(super) async fn take_up(&mut self) -> Result<Option<Place>> {
        let Some(resume) = &self.options.resume else {
            return Ok(None);
        };
        match self.options.mode {
            CollectionMode::Remove => {}
            CollectionMode::DryRun => return Ok(None),
        }
        let store = &self.registry.inner.store;
        let path = Key::CollectionProgress.path();
        // Another server is at it, and writes down how far that has come.
        if store.is_held(&path).await? {
            return Ok(None);
        }
        let mut keeper = Keeper {
            resume: resume.clone(),
            options: fingerprint(self.options, self.registry),
            chunks: Vec::new(),
            last: Instant::now(),
            _hold: store.hold(&path).await?,
        };
        let mut place = None;
        match left(&**store, self.start, &keeper).await {
            Some((progress, marks, young)) => {
                tracing::info!(
                    place = ?progress.place,
                    marked = marks.len(),
                    "going on with a collection that was interrupted"
                );
                self.start = progress.start;
                self.threshold = super::before(progress.start, self.options.grace);
                self.collected = progress.collected;
                self.marks.take_up(marks, progress.by_manifests);
                self.young.take_up(young);
                if progress.is_blind {
                    self.sight = Sight::Blind;
                }
                keeper.chunks = progress.chunks;
                place = Some(progress.place);
            }
            None => forget(self.registry).await,
        }
        self.marks.noted().record();
        self.young.record();
        self.keeper = Some(keeper);
        Ok(place)
    }

    /// Whether what was done by now is to be written down.
    pub(super) fn is_due(&self) -> bool {
        self.keeper.as_ref().is_some_and(Keeper::is_due)
    }

    /// Writes down that everything before a place, and it itself, is done.
    pub(super) async fn keep_progress(&mut self, place: Place) {
        let Some(keeper) = &mut self.keeper else {
            return;
        };
        keeper.last = Instant::now();
        let store = &*self.registry.inner.store;
        for (kind, noted) in [
            (Kind::Marked, self.marks.noted()),
            (Kind::Young, &mut self.young),
        ] {
            if let Err(error) = keep_chunks(store, &mut keeper.chunks, kind, noted).await {
                tracing::debug!(%error, "the marks of a collection could not be kept");
                return;
            }
        }
        let progress = Progress {
            version: VERSION,
            boot: keeper.resume.boot.clone(),
            options: keeper.options.clone(),
            start: self.start,
            seen: self.seen,
            place,
            is_blind: self.sight == Sight::Blind,
            by_manifests: self.marks.by_manifests(),
            collected: self.collected.clone(),
            chunks: keeper.chunks.clone(),
        };
        if let Err(error) = progress.keep(store).await {
            tracing::debug!(%error, "how far a collection has come could not be kept");
        }
    }
}

// === impl Progress ===

impl Progress {
    /// What was kept last. What cannot be read, or is not as it was written, counts as nothing.
    async fn load(store: &dyn Store) -> Option<Self> {
        let path = Key::CollectionProgress.path();
        let content = store.read(&path, LONGEST).await.ok()?;
        let (digest, progress) = content.split_at_checked(DIGEST)?;
        let digest: Digest = std::str::from_utf8(digest).ok()?.parse().ok()?;
        if digest_of(&content.slice_ref(progress)).await != digest {
            return None;
        }
        serde_json::from_slice(progress).ok()
    }

    async fn keep(&self, store: &dyn Store) -> wharf_store::Result<()> {
        let progress = Bytes::from(serde_json::to_vec(self).unwrap_or_default());
        let digest = digest_of(&progress).await.to_string();
        let content = Bytes::from([digest.as_bytes(), &progress].concat());
        let path = Key::CollectionProgress.path();
        store.put(&path, content, Durability::Lazy).await
    }
}

/// What is there of an interrupted run, if one that starts at this moment may go on
/// with it.
async fn left(
    store: &dyn Store,
    start: SystemTime,
    keeper: &Keeper,
) -> Option<(Progress, Vec<Prefix>, Vec<Prefix>)> {
    let progress = Progress::load(store).await?;
    let age = start.duration_since(progress.start).ok()?;
    if progress.version != VERSION
        || progress.boot != keeper.resume.boot
        || progress.options != keeper.options
        || age > OLDEST
        || start < progress.seen
    {
        return None;
    }
    let (mut marks, mut young) = (Vec::new(), Vec::new());
    for (number, chunk) in progress.chunks.iter().enumerate() {
        let path = Key::CollectionMarks(number).path();
        let content = store.read(&path, CHUNK as u64).await.ok()?;
        let (prefixes, []) = content.as_chunks::<{ size_of::<Prefix>() }>() else {
            return None;
        };
        if digest_of(&content).await != chunk.digest {
            return None;
        }
        match chunk.kind {
            Kind::Marked => marks.extend_from_slice(prefixes),
            Kind::Young => young.extend_from_slice(prefixes),
        }
    }
    Some((progress, marks, young))
}

/// Nothing is left to go on with.
pub(super) async fn forget(registry: &Registry) {
    let paths: [StorePath; 2] = [
        Key::CollectionProgress.path(),
        Key::AllCollectionMarks.path(),
    ];
    for path in paths {
        match registry.inner.store.discard(&path).await {
            Ok(()) | Err(StoreError::NotFound(_)) => {}
            Err(error) => {
                tracing::debug!(%error, %path, "what an old collection has left stays");
            }
        }
    }
}

/// Writes what is new, in pieces.
async fn keep_chunks(
    store: &dyn Store,
    chunks: &mut Vec<Chunk>,
    kind: Kind,
    noted: &mut Noted,
) -> wharf_store::Result<()> {
    loop {
        let piece = noted.fresh().chunks(CHUNK / size_of::<Prefix>()).next();
        let Some(piece) = piece else { return Ok(()) };
        let (count, content) = (piece.len(), Bytes::from(piece.concat()));
        let digest = digest_of(&content).await;
        let path = Key::CollectionMarks(chunks.len()).path();
        store.put(&path, content, Durability::Lazy).await?;
        chunks.push(Chunk { kind, digest });
        noted.kept(count);
    }
}

async fn digest_of(content: &Bytes) -> Digest {
    let digest = |content: &[u8]| wharf_hash::digest(Algorithm::Sha256, content);
    let bytes = content.clone();
    let done = tokio::task::spawn_blocking(move || digest(&bytes)).await;
    done.unwrap_or_else(|_| digest(content))
}

/// What a run goes by: another one must not go on with marks that were made by other rules.
fn fingerprint(options: &Collection, registry: &Registry) -> String {
    let Collection {
        grace,
        untagged,
        untagged_age,
        mode: _,
        pace: _,
        stop: _,
        resume: _,
    } = options;
    let trash = registry.inner.options.trash;
    format!("{grace:?} {untagged:?} {untagged_age:?} {trash:?}")
}

const VERSION: u32 = 1;
/// What is older is not worth going on with: much has been written since.
const OLDEST: Duration = Duration::from_hours(24);
/// Bytes of a piece of the marks.
const CHUNK: usize = 1 << 20;
/// Bytes of the rest: so many pieces are never needed.
const LONGEST: u64 = 4 << 20;
/// Characters of a digest.
const DIGEST: usize = "sha256:".len() + 64;
