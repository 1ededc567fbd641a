//! What is remembered of layers beside the store: where it is believed, and when it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use wharf_registry::{
    Collection, Companions, Descriptors, Error, Gone, Layer, Options, Registry, Repository,
    Silence, Silent,
};
use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Fetch, FetchMethod, Locate, MemoryStore, Store as _, StorePath};

use crate::fixtures::push_blob;
use crate::images::{digest_of, try_push, whole_image};

/// Remembers in memory, as long as it is not asked to be silent.
#[derive(Default)]
struct Memory {
    layers: Mutex<BTreeMap<(RepositoryName, Digest), Layer>>,
    gone: Mutex<BTreeSet<Gone>>,
    is_silent: bool,
}

#[async_trait]
impl Descriptors for Memory {
    async fn layer(&self, name: &RepositoryName, digest: Digest) -> Result<Option<Layer>, Silence> {
        if self.is_silent {
            return Err(Silence);
        }
        let layers = self.layers.lock().unwrap();
        Ok(layers.get(&(name.clone(), digest)).copied())
    }

    async fn remember(&self, name: &RepositoryName, digest: Digest, layer: Layer, _: Instant) {
        let mut layers = self.layers.lock().unwrap();
        layers.insert((name.clone(), digest), layer);
    }

    async fn forget(&self, gone: Gone) {
        let mut layers = self.layers.lock().unwrap();
        match &gone {
            Gone::Link(name, digest) => _ = layers.remove(&(name.clone(), *digest)),
            Gone::Data(digest) => layers.retain(|_, layer| layer.target != *digest),
        }
        self.gone.lock().unwrap().insert(gone);
    }
}

/// Knows an address for everything.
struct Locator;

#[async_trait]
impl Locate for Locator {
    async fn locate(&self, path: &StorePath, _: Fetch) -> wharf_store::Result<Option<String>> {
        Ok(Some(format!("https://bucket/{path}")))
    }
}

struct Scene {
    store: MemoryStore,
    memory: Arc<Memory>,
    registry: Registry,
    repository: Repository,
}

fn scene(memory: Memory) -> Scene {
    let (store, memory) = (MemoryStore::default(), Arc::new(memory));
    let around = Companions {
        locator: Some(Arc::new(Locator)),
        descriptors: Some(Arc::<Memory>::clone(&memory)),
        ..Companions::default()
    };
    let registry = Registry::with(Arc::new(store.clone()), around, Options::default());
    Scene {
        repository: registry.repository("library/app".parse().unwrap()),
        store,
        memory,
        registry,
    }
}

// === impl Scene ===

impl Scene {
    async fn elsewhere(&self, digest: Digest, method: FetchMethod) -> Result<String, Error> {
        let fetch = Fetch {
            method,
            client: None,
        };
        let url = self.repository.blob_elsewhere(digest, fetch).await?;
        Ok(url.unwrap())
    }

    async fn get(&self, digest: Digest) -> Result<String, Error> {
        self.elsewhere(digest, FetchMethod::Get).await
    }

    fn knows(&self, digest: Digest) -> bool {
        let layers = self.memory.layers.lock().unwrap();
        layers.keys().any(|(_, known)| *known == digest)
    }

    /// Takes everything out of the store behind the registry's back.
    async fn empty(&self) {
        let all = StorePath::new("docker").unwrap();
        self.store.remove(&all).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_pushed_or_looked_for_is_remembered() {
    let scene = scene(Memory::default());
    let digest = push_blob(&scene.repository, "some bytes").await;
    assert!(scene.knows(digest));
    scene.memory.layers.lock().unwrap().clear();
    let url = scene.get(digest).await.unwrap();
    assert!(scene.knows(digest));
    scene.empty().await;
    // The bucket will say so.
    assert_eq!(scene.get(digest).await.unwrap(), url);
}

#[tokio::test]
async fn whoever_is_told_that_something_stays_is_told_by_the_store() {
    let scene = scene(Memory::default());
    let digest = push_blob(&scene.repository, "some bytes").await;
    scene.empty().await;
    assert!(scene.knows(digest));
    let head = scene.elsewhere(digest, FetchMethod::Head).await;
    assert!(matches!(head, Err(Error::BlobUnknown(_))), "{head:?}");
    let size = scene.repository.blob_size(digest).await;
    assert!(matches!(size, Err(Error::BlobUnknown(_))), "{size:?}");
    let mounted = scene.registry.repository("other".parse().unwrap());
    let mounted = mounted.mount(digest, Some(scene.repository.name())).await;
    assert_eq!(mounted.unwrap(), wharf_registry::Mount::Absent);
}

#[tokio::test]
async fn the_store_is_asked_where_nobody_answers() {
    let scene = scene(Memory {
        is_silent: true,
        ..Memory::default()
    });
    let digest = push_blob(&scene.repository, "some bytes").await;
    scene.get(digest).await.unwrap();
    scene.empty().await;
    assert!(scene.get(digest).await.is_err());
}

/// A manifest is nothing that is found among blobs.
#[tokio::test]
async fn manifests_are_not_remembered() {
    let scene = scene(Memory::default());
    let image = whole_image(&scene.repository, "image").await;
    try_push(&scene.repository, &image, "latest").await.unwrap();
    assert!(!scene.knows(digest_of(&image)));
    let got = scene.get(digest_of(&image)).await;
    assert!(matches!(got, Err(Error::BlobUnknown(_))), "{got:?}");
    assert!(!scene.knows(digest_of(&image)));
}

#[tokio::test]
async fn what_is_deleted_is_forgotten() {
    let scene = scene(Memory::default());
    let digest = push_blob(&scene.repository, "some bytes").await;
    scene.repository.delete_blob(digest).await.unwrap();
    assert!(!scene.knows(digest));
    assert!(scene.get(digest).await.is_err());

    // distribution may remember manifests.
    let image = whole_image(&scene.repository, "image").await;
    try_push(&scene.repository, &image, "latest").await.unwrap();
    let deleted = scene.repository.delete_manifest(digest_of(&image));
    deleted.await.unwrap();
    let name = scene.repository.name().clone();
    let gone = Gone::Link(name.clone(), digest_of(&image));
    assert!(scene.memory.gone.lock().unwrap().contains(&gone));

    let image = whole_image(&scene.repository, "another").await;
    try_push(&scene.repository, &image, "latest").await.unwrap();
    scene.memory.gone.lock().unwrap().clear();
    scene.store.pass(std::time::Duration::from_secs(1));
    scene.repository.delete().await.unwrap();
    assert!(scene.memory.layers.lock().unwrap().is_empty());
    let gone = Gone::Link(name, digest_of(&image));
    assert!(scene.memory.gone.lock().unwrap().contains(&gone));
}

#[tokio::test]
async fn what_is_collected_is_forgotten() {
    let scene = scene(Memory::default());
    let digest = push_blob(&scene.repository, "some bytes").await;
    scene.store.pass(std::time::Duration::from_millis(1));
    let options = Collection::default();
    let collected = scene.registry.collect(&options, &mut Silent).await;
    assert_eq!(collected.unwrap().blobs, 1);
    assert!(!scene.knows(digest));
    let gone = scene.memory.gone.lock().unwrap();
    assert!(gone.contains(&Gone::Data(digest)));
    let link = Gone::Link(scene.repository.name().clone(), digest);
    assert!(gone.contains(&link));
}
