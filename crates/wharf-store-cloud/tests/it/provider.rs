//! A provider in memory that counts what it is asked for, and forgets the bytes of parts if it
//! is told to.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::Semaphore;
use wharf_store_cloud::{Backend, CloudStore, Gathering, Locks};

/// Clones are one provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provider {
    memory: Arc<InMemory>,
    asked: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    parts: Arc<Parts>,
    /// Whether what is written under a key discards its parts, which are gathered elsewhere then.
    discards: bool,
    /// Whether it writes whatever the condition says.
    is_careless: bool,
    /// How often it still tells of a conflict when a condition is tried.
    conflicts: Arc<AtomicU64>,
    /// How often it still denies to write a link.
    denials: Arc<AtomicU64>,
    /// How many answers to writes with a condition, of what is not state, are still lost, so that
    /// the library would send the write again.
    lost: Arc<AtomicU64>,
    /// Of this clone alone: each reading of the clock takes one.
    gate: Option<Arc<Semaphore>>,
}

/// What became of parts.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Whether they are counted only.
    pub(crate) are_forgotten: bool,
    pub(crate) bytes: AtomicU64,
    pub(crate) count: AtomicU64,
    /// Bytes that are on their way.
    sending: AtomicU64,
    pub(crate) most_sending: AtomicU64,
    /// Whether they are refused.
    pub(crate) are_refused: AtomicBool,
    /// Those that have begun.
    begun: Mutex<Vec<(Path, String)>>,
}

// === impl Provider ===

impl Provider {
    pub(crate) fn forgetful() -> Self {
        Self {
            parts: Arc::new(Parts {
                are_forgotten: true,
                ..Parts::default()
            }),
            ..Self::default()
        }
    }

    /// One that gathers parts as Azure does.
    pub(crate) fn discarding() -> Self {
        Self {
            discards: true,
            ..Self::default()
        }
    }

    /// The same provider, whose clock answers as often as there are permits.
    pub(crate) fn slow_clock(&self, gate: Arc<Semaphore>) -> Self {
        Self {
            gate: Some(gate),
            ..self.clone()
        }
    }

    pub(crate) fn store(&self, root: &str, part: u64) -> CloudStore {
        CloudStore::new(self.backend(), root, part)
    }

    /// The same, where somebody else keeps what is being removed.
    pub(crate) fn locked_by(&self, locks: Arc<dyn Locks>, root: &str) -> CloudStore {
        CloudStore::locked_by(self.backend(), root, 5 << 20, locks)
    }

    fn backend(&self) -> Backend {
        let backend = Backend::new(self.clone(), Attributes::new());
        backend.gathering(match self.discards {
            true => Gathering::Apart,
            false => Gathering::InPlace,
        })
    }

    pub(crate) fn careless() -> Self {
        Self {
            is_careless: true,
            ..Self::default()
        }
    }

    /// Others are in the way so many times.
    pub(crate) fn contended(times: u64) -> Self {
        Self {
            conflicts: Arc::new(times.into()),
            ..Self::default()
        }
    }

    /// So many links are not written, as by a server that is removing their directory.
    pub(crate) fn denying(times: u64) -> Self {
        Self {
            denials: Arc::new(times.into()),
            ..Self::default()
        }
    }

    /// So many answers are lost.
    pub(crate) fn losing(answers: u64) -> Self {
        Self {
            lost: Arc::new(answers.into()),
            ..Self::default()
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What was asked for since the last time this was called, by kind.
    pub(crate) fn asked(&self) -> String {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let asked = asked.iter().map(|(what, count)| format!("{count} {what}"));
        asked.collect::<Vec<_>>().join(", ")
    }

    async fn discard(&self, key: &Path) {
        let begun = self.parts.begun.lock().unwrap().clone();
        for (_, id) in begun.iter().filter(|(of, _)| of == key) {
            _ = self.memory.abort_multipart(key, id).await;
        }
    }

    fn note(&self, what: &'static str) {
        *self.asked.lock().unwrap().entry(what).or_default() += 1;
    }
}

/// Whether there is one more, which is taken.
fn is_left(count: &AtomicU64) -> bool {
    let less = |left: u64| left.checked_sub(1);
    count
        .try_update(Ordering::Relaxed, Ordering::Relaxed, less)
        .is_ok()
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a provider that is made up")
    }
}

#[async_trait]
impl ObjectStore for Provider {
    async fn put_opts(&self, key: &Path, body: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.note("put");
        if self.discards {
            self.discard(key).await;
        }
        let is_conditional = how.mode != PutMode::Overwrite;
        if is_conditional && key.as_ref().contains("/probes/") && is_left(&self.conflicts) {
            return Err(Error::AlreadyExists {
                path: key.to_string(),
                source: "409 Conflict".into(),
            });
        }
        if key.as_ref().ends_with("/link") && is_left(&self.denials) {
            return Err(Error::PermissionDenied {
                path: key.to_string(),
                source: "403 Forbidden".into(),
            });
        }
        let how = match how {
            how if self.is_careless => PutOptions {
                mode: PutMode::Overwrite,
                ..how
            },
            how => how,
        };
        if is_conditional && !key.as_ref().contains("/state/") && is_left(&self.lost) {
            self.memory.put_opts(key, body.clone(), how.clone()).await?;
        }
        self.memory.put_opts(key, body, how).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.memory.put_multipart_opts(key, how).await
    }

    async fn get_opts(&self, key: &Path, how: GetOptions) -> Result<GetResult> {
        self.note(if how.head { "head" } else { "get" });
        if let Some(gate) = &self.gate
            && key.as_ref().ends_with("state/clock")
        {
            gate.acquire().await.unwrap().forget();
        }
        self.memory.get_opts(key, how).await
    }

    async fn get_ranges(&self, key: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.memory.get_ranges(key, ranges).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.note("delete");
        self.memory.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.note("list");
        self.memory.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.note("list");
        self.memory.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.note("copy");
        self.memory.copy_opts(from, to, how).await
    }
}

#[async_trait]
impl MultipartStore for Provider {
    async fn create_multipart(&self, key: &Path) -> Result<String> {
        self.note("create");
        let id = self.memory.create_multipart(key).await?;
        let mut begun = self.parts.begun.lock().unwrap();
        begun.push((key.clone(), id.clone()));
        Ok(id)
    }

    async fn put_part(
        &self,
        key: &Path,
        id: &String,
        number: usize,
        body: PutPayload,
    ) -> Result<PartId> {
        self.note("part");
        if self.parts.are_refused.load(Ordering::Relaxed) {
            return Err(Error::Generic {
                store: "made up",
                source: "no part is taken".into(),
            });
        }
        let size = body.content_length() as u64;
        let parts = &self.parts;
        parts.count.fetch_add(1, Ordering::Relaxed);
        parts.bytes.fetch_add(size, Ordering::Relaxed);
        let sending = parts.sending.fetch_add(size, Ordering::Relaxed) + size;
        parts.most_sending.fetch_max(sending, Ordering::Relaxed);
        let sent = if parts.are_forgotten {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(PartId {
                content_id: number.to_string(),
            })
        } else {
            self.memory.put_part(key, id, number, body).await
        };
        parts.sending.fetch_sub(size, Ordering::Relaxed);
        sent
    }

    async fn complete_multipart(
        &self,
        key: &Path,
        id: &String,
        parts: Vec<PartId>,
    ) -> Result<PutResult> {
        self.note("complete");
        if self.parts.are_forgotten {
            let body = PutPayload::from_static(b"forgotten");
            return self.memory.put_opts(key, body, PutOptions::default()).await;
        }
        self.memory.complete_multipart(key, id, parts).await
    }

    async fn abort_multipart(&self, key: &Path, id: &String) -> Result<()> {
        self.note("abort");
        self.memory.abort_multipart(key, id).await
    }
}

#[async_trait]
impl PaginatedListStore for Provider {
    async fn list_paginated(
        &self,
        prefix: Option<&str>,
        how: PaginatedListOptions,
    ) -> Result<PaginatedListResult> {
        self.note("list");
        let prefix = prefix.map(|prefix| Path::from(prefix.trim_end_matches('/')));
        let mut result = match how.delimiter {
            Some(_) => self.memory.list_with_delimiter(prefix.as_ref()).await?,
            None => ListResult {
                common_prefixes: Vec::new(),
                objects: self.memory.list(prefix.as_ref()).try_collect().await?,
                extensions: <_>::default(),
            },
        };
        let offset = how.offset.unwrap_or_default();
        let is_later = |key: &Path| key.as_ref() > offset.as_str();
        result.common_prefixes.retain(is_later);
        result.objects.retain(|object| is_later(&object.location));
        result.objects.sort_by(|one, other| {
            let (one, other) = (one.location.as_ref(), other.location.as_ref());
            one.cmp(other)
        });
        let most = how.max_keys.unwrap_or(PAGE).min(PAGE);
        let from: usize = how.page_token.map_or(0, |token| token.parse().unwrap());
        let all = result.common_prefixes.len() + result.objects.len();
        let directories = result.common_prefixes.len();
        let page = from..(from + most).min(all);
        let mut at = 0..;
        result
            .common_prefixes
            .retain(|_| page.contains(&at.next().unwrap()));
        let mut at = directories..;
        result
            .objects
            .retain(|_| page.contains(&at.next().unwrap()));
        Ok(PaginatedListResult {
            result,
            page_token: (page.end < all).then(|| page.end.to_string()),
        })
    }
}

/// Names in one answer, as S3 has them.
const PAGE: usize = 1000;
