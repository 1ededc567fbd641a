//! A client that keeps a ledger of what it asked and what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;
use wharf_registry::{Error, Frames, Mount, Registry, Repository, Result};
use wharf_spec::{Algorithm, Digest, UploadId};
use wharf_store::MemoryStore;
use wharf_store::fs::RecordingDisk;

use crate::bodies::Pieces;
use crate::fixtures::sha256;
use crate::images::{digest_of, encode};
use crate::ledger::{Change, Found, Ledger, Thing, Verdict};

/// Makes requests one after the other, whether they succeed or not. Clones share the
/// books and can make theirs at the same time.
#[derive(Clone)]
pub(crate) struct Client {
    registry: Registry,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    now: Ledger,
    /// The ledger after each change of it; the disk has a mark for each.
    pages: Vec<Ledger>,
    disk: Option<RecordingDisk>,
    failures: Vec<(&'static str, Failure)>,
    memory: Option<MemoryStore>,
    scene: Option<Scene>,
}

/// What was stored, and what could be found, when the first request had failed.
pub(crate) struct Scene {
    pub(crate) files: BTreeMap<String, Bytes>,
    pub(crate) ledger: Ledger,
}

/// Why a request did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Error),
    /// The client had no more patience.
    Dropped,
}

/// Longer than any request is ever made to wait for another one.
const PATIENCE: Duration = Duration::from_secs(60);

// === impl Client ===

impl Client {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry,
            books: Arc::default(),
        }
    }

    /// The store is looked at when the first request has failed.
    pub(crate) fn with_memory(registry: Registry, memory: MemoryStore) -> Self {
        let books = Books {
            memory: Some(memory),
            ..Books::default()
        };
        Self {
            registry,
            books: Arc::new(Mutex::new(books)),
        }
    }

    /// Each change of the ledger is marked in the log of the disk.
    pub(crate) fn with_disk(registry: Registry, disk: RecordingDisk) -> Self {
        let books = Books {
            disk: Some(disk),
            ..Books::default()
        };
        Self {
            registry,
            books: Arc::new(Mutex::new(books)),
        }
    }

    /// Asks the registry itself, as it runs; open uploads are continued.
    pub(crate) async fn check(&self) -> Verdict {
        self.ledger().check(&self.registry).await
    }

    /// All that may be found now.
    pub(crate) fn ledger(&self) -> Ledger {
        self.books.lock().unwrap().now.clone()
    }

    /// All that could be found after each mark, the first page being before any.
    pub(crate) fn history(&self) -> Vec<Ledger> {
        let pages = self.books.lock().unwrap().pages.clone();
        std::iter::once(Ledger::default()).chain(pages).collect()
    }

    pub(crate) fn take_scene(&self) -> Option<Scene> {
        self.books.lock().unwrap().scene.take()
    }

    /// Which requests have failed since this was asked last, and why.
    pub(crate) fn take_failures(&self) -> Vec<(&'static str, Failure)> {
        std::mem::take(&mut self.books.lock().unwrap().failures)
    }

    pub(crate) async fn push_blob(&self, name: &'static str, content: &'static [u8]) {
        let digest = sha256(content);
        let changes = [(name, Thing::Blob(digest), Found::Whole)];
        let mut body = Bytes::from_static(content);
        let repository = self.repository(name);
        self.request(
            "push blob",
            &changes,
            repository.push_blob(digest, &mut body),
        )
        .await;
    }

    /// Pushes a blob in chunks; the connection breaks within the second.
    pub(crate) async fn push_in_chunks(&self, name: &'static str, chunks: [&'static [u8]; 3]) {
        let content = Bytes::from(chunks.concat());
        let digest = sha256(&content);
        let Some(id) = self.start(name, content.clone()).await else {
            return;
        };
        self.append(name, &id, &mut Bytes::from_static(chunks[0]))
            .await;
        let mut broken = Pieces::broken_after(chunks[1]);
        self.append(name, &id, &mut broken).await;

        let repository = self.repository(name);
        let status = self
            .request("status", &[], repository.upload_status(&id))
            .await;
        let Some(status) = status else { return };
        self.note(|ledger| ledger.ending(&id));
        let changes = [(name, Thing::Blob(digest), Found::Whole)];
        let finish = async {
            let upload = repository.upload(&id).await?;
            let mut rest = content.slice(status.size as usize..);
            upload.finish(None, &mut rest, digest).await
        };
        self.request("finish", &changes, finish).await;
    }

    /// Starts an upload, sends something and cancels it.
    pub(crate) async fn cancel(&self, name: &'static str, chunk: &'static [u8]) {
        let content = Bytes::from_static(chunk);
        let Some(id) = self.start(name, content.clone()).await else {
            return;
        };
        self.append(name, &id, &mut content.clone()).await;
        self.note(|ledger| ledger.ending(&id));
        let repository = self.repository(name);
        let cancel = async { repository.upload(&id).await?.cancel().await };
        self.request("cancel", &[], cancel).await;
    }

    pub(crate) async fn mount(&self, name: &'static str, content: &[u8], from: &str) {
        let digest = sha256(content);
        let changes = [(name, Thing::Blob(digest), Found::Whole)];
        let (repository, from) = (self.repository(name), from.parse().unwrap());
        let mount = async {
            match repository.mount(digest, Some(&from)).await? {
                Mount::Mounted => Ok(()),
                Mount::Absent => Err(Error::BlobUnknown(digest)),
            }
        };
        self.request("mount", &changes, mount).await;
    }

    /// Pushes a manifest by its digest, with tags.
    pub(crate) async fn push_manifest(&self, name: &'static str, manifest: &Value, tags: &[&str]) {
        let digest = digest_of(manifest);
        let mut changes = vec![(name, Thing::Manifest(digest), Found::Whole)];
        changes.extend(tags.iter().map(|tag| {
            (
                name,
                Thing::Tag(tag.parse().unwrap()),
                Found::PointsTo(digest),
            )
        }));
        changes.extend(listed(name, manifest, Found::Whole));
        let tags = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        let (repository, reference) = (self.repository(name), digest.to_string().parse().unwrap());
        let push = Box::pin(repository.push_manifest(encode(manifest), None, &reference, tags));
        self.request("push manifest", &changes, push).await;
    }

    /// Deletes a manifest and the tags that point to it.
    pub(crate) async fn delete_manifest(&self, name: &'static str, manifest: &Value) {
        let digest = digest_of(manifest);
        let mut changes = vec![(name, Thing::Manifest(digest), Found::Nothing)];
        changes.extend(listed(name, manifest, Found::Nothing));
        let repository = self.repository(name);
        self.note(|ledger| ledger.untagging(name, digest));
        let delete = repository.delete_manifest(digest);
        if self
            .request("delete manifest", &changes, delete)
            .await
            .is_some()
        {
            self.note(|ledger| ledger.untagged(name, digest));
        }
    }

    pub(crate) async fn delete_tag(&self, name: &'static str, tag: &str) {
        let tag = tag.parse().unwrap();
        let repository = self.repository(name);
        let delete = repository.delete_tag(&tag);
        let changes = [(name, Thing::Tag(tag.clone()), Found::Nothing)];
        self.request("delete tag", &changes, delete).await;
    }

    pub(crate) async fn delete_blob(&self, name: &'static str, content: &[u8]) {
        let digest = sha256(content);
        let changes = [(name, Thing::Blob(digest), Found::Nothing)];
        let repository = self.repository(name);
        self.request("delete blob", &changes, repository.delete_blob(digest))
            .await;
    }

    pub(crate) async fn ask_for_referrers(&self, name: &'static str, subject: &Value) {
        let repository = self.repository(name);
        let referrers = repository.referrers(digest_of(subject), None, None);
        self.request("referrers", &[], referrers).await;
    }

    async fn start(&self, name: &'static str, content: Bytes) -> Option<UploadId> {
        let repository = self.repository(name);
        let start = repository.start_upload(Algorithm::Sha256);
        let id = self.request("start", &[], start).await?.id;
        self.note(|ledger| ledger.started(name, &id, content));
        Some(id)
    }

    async fn append(&self, name: &'static str, id: &UploadId, body: &mut impl Frames) {
        let repository = self.repository(name);
        let append = async {
            let upload = repository.upload(id).await?;
            match upload.append(None, body).await {
                // The client has seen to that itself.
                Err(Error::Interrupted(_)) => Ok(None),
                other => other.map(Some),
            }
        };
        let failed = |ledger: &mut Ledger| ledger.append_failed(id);
        let appended = self.request_or("append", &[], append, failed).await;
        if let Some(Some(status)) = appended {
            self.note(|ledger| ledger.received(id, status.size));
        }
    }

    fn repository(&self, name: &str) -> Repository {
        self.registry.repository(name.parse().unwrap())
    }

    async fn request<T>(
        &self,
        what: &'static str,
        changes: &[Change],
        work: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        self.request_or(what, changes, work, |_| {}).await
    }

    async fn request_or<T>(
        &self,
        what: &'static str,
        changes: &[Change],
        work: impl Future<Output = Result<T>>,
        failed: impl FnOnce(&mut Ledger),
    ) -> Option<T> {
        self.note(|ledger| ledger.ask(changes));
        let failure = match timeout(PATIENCE, work).await {
            Ok(Ok(done)) => {
                self.note(|ledger| ledger.succeed(changes));
                return Some(done);
            }
            Ok(Err(error)) => Failure::Refused(error),
            Err(_) => Failure::Dropped,
        };
        self.note(|ledger| {
            ledger.fail(changes);
            failed(ledger);
        });
        let mut books = self.books.lock().unwrap();
        if let Some(memory) = books.memory.take() {
            let (files, ledger) = (memory.snapshot(), books.now.clone());
            books.scene = Some(Scene { files, ledger });
        }
        books.failures.push((what, failure));
        None
    }

    fn note(&self, change: impl FnOnce(&mut Ledger)) {
        let mut books = self.books.lock().unwrap();
        change(&mut books.now);
        if let Some(disk) = books.disk.clone() {
            let page = books.now.clone();
            books.pages.push(page);
            disk.mark(books.pages.len().to_string());
        }
    }
}

/// Where a manifest is listed as a referrer.
fn listed(name: &'static str, manifest: &Value, found: Found) -> Option<Change> {
    let subject: Digest = manifest["subject"]["digest"].as_str()?.parse().unwrap();
    Some((name, Thing::Referrer(subject, digest_of(manifest)), found))
}
