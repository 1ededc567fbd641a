//! Copies of whole storages, of such as stand still and of such as do not.

mod damage;
mod faults;
mod meanwhile;
mod passes;
mod refusals;
mod surplus;
mod trash;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wharf_registry::{
    Copied, CopyError, CopyEvents, CopyProblem, Copying, OnSurplus, ProblemKind, Verify,
};
use wharf_spec::{Algorithm, Digest, Manifest, Page};
use wharf_store::{MemoryStore, Store};

use crate::fixtures::{pull, pull_blob, push_blob, registry, repository, sha512};
use crate::images::{about, digest_of, image, index, push, push_image, try_push, whole_image};

/// What a pass tells of.
#[derive(Default)]
struct Notes(Mutex<Vec<CopyProblem>>);

impl CopyEvents for Notes {
    fn problem(&self, problem: &CopyProblem) {
        self.0.lock().unwrap().push(problem.clone());
    }
}

const PLAIN: Copying = Copying {
    at_once: NonZeroUsize::new(3).unwrap(),
    rate: 0,
    verify: Verify::Size,
    surplus: OnSurplus::Keep,
};
const VERIFYING: Copying = Copying {
    verify: Verify::Digest,
    ..PLAIN
};
const REMOVING: Copying = Copying {
    surplus: OnSurplus::Remove,
    ..PLAIN
};

async fn try_copy(
    from: &(impl Store + Clone),
    to: &(impl Store + Clone),
    copying: Copying,
) -> Result<(Copied, Vec<CopyProblem>), CopyError> {
    let notes = Notes::default();
    let (from, to) = (Arc::new(from.clone()), Arc::new(to.clone()));
    let copied = Box::pin(wharf_registry::copy(from, to, &copying, &notes)).await?;
    let problems = notes.0.into_inner().unwrap();
    assert_eq!(copied.problems, problems.len() as u64);
    Ok((copied, problems))
}

/// A pass that has nothing to complain of.
async fn copy(from: &(impl Store + Clone), to: &(impl Store + Clone), copying: Copying) -> Copied {
    let (copied, problems) = try_copy(from, to, copying).await.unwrap();
    assert_eq!(problems, []);
    copied
}

/// The kinds of problems of a pass, sorted.
async fn kinds(from: &MemoryStore, to: &MemoryStore) -> Vec<ProblemKind> {
    let (_, problems) = try_copy(from, to, PLAIN).await.unwrap();
    let mut kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// What distribution knows of, without the uploads, which stay where they are.
fn truth(store: &MemoryStore) -> BTreeMap<String, Bytes> {
    let mut files = store.snapshot();
    files.retain(|path, _| path.starts_with("docker/") && !path.contains("/_uploads/"));
    files
}

fn assert_same(from: &MemoryStore, to: &MemoryStore, when: &str) {
    let (from, to) = (truth(from), truth(to));
    let all = from.keys().chain(to.keys());
    let other: Vec<_> = all
        .filter(|path| from.get(*path) != to.get(*path))
        .collect();
    assert!(other.is_empty(), "{when}: {other:#?}");
}

/// Bytes of what has gone are left to a collection, and the history of a tag that stays is kept.
fn assert_links_same(from: &MemoryStore, to: &MemoryStore, when: &str) {
    let (from, mut to) = (truth(from), truth(to));
    to.retain(|path, _| {
        let may_stay = path.contains("/blobs/") || path.contains("/index/");
        !may_stay || from.contains_key(path)
    });
    let all = from.keys().chain(to.keys());
    let other: Vec<_> = all
        .filter(|path| from.get(*path) != to.get(*path))
        .collect();
    assert!(other.is_empty(), "{when}: {other:#?}");
}

/// Images of all kinds in several repositories, some of whose layers are the same.
async fn estate() -> MemoryStore {
    let store = MemoryStore::default();
    let app = repository(&store, "library/app");
    push_image(&app, "one", "latest").await;
    push_image(&app, "two", "latest").await;
    push_image(&app, "one", "1.0").await;
    let children = [
        whole_image(&app, "amd").await,
        whole_image(&app, "arm").await,
    ];
    for child in &children {
        push(&app, child).await;
    }
    let list = index(&[&children[0], &children[1]]);
    try_push(&app, &list, "multi").await.unwrap();
    push(&app, &about(whole_image(&app, "signature").await, &list)).await;

    let nested = repository(&store, "library/app/nested");
    push_image(&nested, "one", "latest").await;
    push_blob(&nested, noise(3 << 20)).await;
    let content = noise(100_000);
    let digest = sha512(&content);
    nested
        .push_blob(digest, &mut content.clone())
        .await
        .unwrap();
    push_blob(&nested, "").await;
    let config = push_blob(&nested, "{}").await;
    assert_eq!(config.algorithm(), Algorithm::Sha256);
    try_push(&nested, &image(b"{}", &[b""]), "empty")
        .await
        .unwrap();
    nested.start_upload(Algorithm::Sha256).await.unwrap();
    store
}

fn noise(length: usize) -> Bytes {
    let mut state = 1_u32;
    let byte = std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    byte.take(length).collect()
}

/// Every tag can be pulled with all that it needs; how many there are.
async fn pull_all(store: &(impl Store + Clone)) -> Result<usize, String> {
    let registry = registry(store);
    let all = Page::default();
    let (names, _) = registry.catalog(&all).await.unwrap();
    let mut pulled = 0;
    for name in names {
        let repository = registry.repository(name.clone());
        let (tags, _) = repository.tags(&all).await.unwrap();
        for tag in tags.iter() {
            let mut wanted = vec![tag.to_owned()];
            while let Some(reference) = wanted.pop() {
                let found = pull(&repository, &reference).await;
                let found = found.map_err(|error| format!("{name}:{tag}: {error}"))?;
                let manifest = Manifest::parse(found.bytes.clone(), None).unwrap();
                wanted.extend(manifest.children().iter().map(|it| it.digest.to_string()));
                for blob in manifest.config().into_iter().chain(manifest.layers()) {
                    let content = pull_blob(&repository, blob.digest).await;
                    let content = content.map_err(|error| format!("{name}:{tag}: {error}"))?;
                    assert_eq!(
                        wharf_hash::digest(blob.digest.algorithm(), &content),
                        blob.digest
                    );
                }
            }
            pulled += 1;
        }
    }
    Ok(pulled)
}

async fn tag_of(store: &MemoryStore, name: &str, tag: &str) -> Option<Digest> {
    let found = pull(&repository(store, name), tag).await;
    found.ok().map(|manifest| manifest.digest)
}

/// The manifest of a small image that is pushed under a tag.
async fn tagged(store: &MemoryStore, name: &str, image: &str, tag: &str) -> Digest {
    let repository = repository(store, name);
    let manifest = whole_image(&repository, image).await;
    try_push(&repository, &manifest, tag).await.unwrap();
    digest_of(&manifest)
}
