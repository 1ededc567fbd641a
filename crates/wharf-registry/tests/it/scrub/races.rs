//! Pushes and deletions at the worst moment: before every call of a scrub that repairs.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use wharf_registry::{ScrubMode, ScrubStart, Scrubbed, Scrubbing};
use wharf_spec::Digest;
use wharf_store::{Change, FileStore, MemoryStore, Store};

use super::meanwhile::Meanwhile;
use super::{GRACE, Notes, damage, path, quarantine};
use crate::fixtures::{pull, pull_blob, push_blob, put, registry, repository, sha256};
use crate::images::push_image;
use crate::paths::{blob_data, layer_link};

const CONFIG: &[u8] = b"config of one";
const LAYER: &[u8] = b"layer of one";

async fn repair(store: &(impl Store + Clone)) -> Scrubbed {
    let scrubbing = Scrubbing {
        mode: ScrubMode::Repair,
        rate: 0,
        grace: GRACE,
    };
    let registry = registry(store);
    let notes = Notes::default();
    registry.scrub(&scrubbing, ScrubStart::Anew, &notes).await
}

/// Everything of the image is there and right.
async fn is_whole(store: &(impl Store + Clone), digest: Digest) {
    let app = repository(store, "app");
    let manifest = pull(&app, "latest").await.unwrap();
    assert_eq!(sha256(&manifest.bytes), digest);
    for part in [CONFIG, LAYER] {
        let pulled = pull_blob(&app, sha256(part)).await.unwrap();
        assert_eq!(pulled, part);
    }
}

/// An image of which something is damaged in every way, long ago.
async fn broken(what: &str) -> (BTreeMap<String, Bytes>, Digest) {
    let store = MemoryStore::default();
    let digest = push_image(&repository(&store, "app"), "one", "latest").await;
    match what {
        "a layer is damaged" => damage(&store, sha256(LAYER), b"rotten").await,
        "the manifest is damaged" => damage(&store, digest, b"rotten").await,
        "a layer is missing" => store.remove(&blob_data(sha256(LAYER))).await.unwrap(),
        "the manifest is missing" => store.remove(&blob_data(digest)).await.unwrap(),
        "a link is empty" => put(&store, &layer_link("app", sha256(LAYER)), "").await,
        "a damaged layer was moved aside" => {
            let (data, aside) = (blob_data(sha256(LAYER)), quarantine(sha256(LAYER)));
            store.remove(&data).await.unwrap();
            put(&store, &aside, "rotten").await;
        }
        _ => unreachable!(),
    }
    (store.snapshot(), digest)
}

const ALL: [&str; 6] = [
    "a layer is damaged",
    "the manifest is damaged",
    "a layer is missing",
    "the manifest is missing",
    "a link is empty",
    "a damaged layer was moved aside",
];

/// Every moment of a scrub of every damage, until there are no more calls.
async fn at_every_moment<F, C>(
    happening: impl Fn(MemoryStore) -> F,
    check: impl Fn(MemoryStore, Digest) -> C,
) where
    F: Future<Output = ()> + Send + 'static,
    C: Future<Output = ()>,
{
    for what in ALL {
        let (files, digest) = broken(what).await;
        for nth in 1.. {
            let inner = MemoryStore::from_snapshot(files.clone());
            inner.pass(2 * GRACE);
            let now = happening(inner.clone());
            let store = Meanwhile::new(inner.clone(), nth, || now);
            repair(&store).await;
            if store.calls() < nth {
                assert!(nth > 20, "{what}: {nth} calls only");
                break;
            }
            check(inner.clone(), digest).await;
            // Nothing is left that the next one would not see to.
            inner.pass(2 * GRACE);
            repair(&inner).await;
            check(inner, digest).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_meanwhile_is_whole() {
    let push = |store: MemoryStore| async move {
        let app = repository(&store, "app");
        push_image(&app, "one", "latest").await;
    };
    at_every_moment(push, |store, digest| async move {
        is_whole(&store, digest).await;
    })
    .await;
}

/// An upload whose bytes were there before the damaged blob was last touched.
#[tokio::test(start_paused = true)]
async fn what_came_long_ago_and_is_published_meanwhile_is_whole() {
    let bytes = path("docker/registry/v2/repositories/other/_uploads/x/data");
    let (files, digest) = broken("a layer is damaged").await;
    for nth in 1.. {
        let inner = MemoryStore::from_snapshot(files.clone());
        put(&inner, &bytes, LAYER).await;
        inner.pass(Duration::from_secs(60));
        let data = blob_data(sha256(LAYER));
        inner.touch(&data).await.unwrap();
        inner.pass(2 * GRACE);
        let (there, from, to) = (inner.clone(), bytes.clone(), data.clone());
        let publish = || async move {
            // It may have been moved aside.
            there.publish(&from, &to).await.unwrap();
        };
        let store = Meanwhile::new(inner.clone(), nth, publish);
        repair(&store).await;
        if store.calls() < nth {
            break;
        }
        is_whole(&inner, digest).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_meanwhile_takes_nothing_else_with_it() {
    let delete = |store: MemoryStore| async move {
        let app = repository(&store, "app");
        let latest = "latest".parse().unwrap();
        _ = app.delete_tag(&latest).await;
        _ = app.delete_blob(sha256(LAYER)).await;
    };
    for what in ALL {
        let (files, digest) = broken(what).await;
        for nth in 1.. {
            let inner = MemoryStore::from_snapshot(files.clone());
            push_image(&repository(&inner, "sound"), "sound", "latest").await;
            inner.pass(2 * GRACE);
            let now = delete(inner.clone());
            let store = Meanwhile::new(inner.clone(), nth, || now);
            repair(&store).await;
            if store.calls() < nth {
                break;
            }
            let sound = repository(&inner, "sound");
            pull(&sound, "latest").await.unwrap();
            pull_blob(&sound, sha256(b"layer of sound")).await.unwrap();
            let app = repository(&inner, "app");
            assert!(pull(&app, "latest").await.is_err());
            // What is pushed afterwards is whole whatever was left.
            push_image(&app, "one", "latest").await;
            is_whole(&inner, digest).await;
        }
    }
}

/// On files, what is there already is not written again by a push: a link that led nowhere is
/// touched.
#[tokio::test(start_paused = true)]
async fn a_link_that_a_push_found_in_its_place_is_there_afterwards() {
    for lost in [LAYER, CONFIG] {
        for nth in 1.. {
            let root = tempfile::tempdir().unwrap();
            let inner = FileStore::new(root.path()).unwrap();
            let app = repository(&inner, "app");
            let digest = push_image(&app, "one", "latest").await;
            let lost_data = blob_data(sha256(lost));
            inner.remove(&lost_data).await.unwrap();
            if lost == CONFIG {
                inner.remove(&blob_data(digest)).await.unwrap();
            }
            age(root.path(), &inner).await;
            let there = inner.clone();
            let push = || async move {
                let app = repository(&there, "app");
                push_image(&app, "one", "latest").await;
            };
            let store = Meanwhile::new(inner.clone(), nth, push);
            repair(&store).await;
            if store.calls() < nth {
                break;
            }
            is_whole(&inner, digest).await;
        }
    }
}

/// Lets everything have been written long ago.
async fn age(root: &Path, store: &FileStore) {
    let mut paths = vec![path("docker")];
    while let Some(directory) = paths.pop() {
        for entry in store.list(&directory).await.unwrap().iter() {
            let below = directory.join(entry.name).unwrap();
            match entry.kind {
                wharf_store::EntryKind::Directory => paths.push(below),
                wharf_store::EntryKind::Object => set_old(&root.join(below.as_str())),
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no store makes anything older than it is"
)]
fn set_old(file: &Path) {
    let old = SystemTime::now() - 3 * GRACE;
    File::open(file).unwrap().set_modified(old).unwrap();
}

#[tokio::test]
async fn a_push_touches_what_is_there_already() {
    // What the test before this one stands on.
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    push_blob(&repository(&store, "app"), LAYER).await;
    let link = layer_link("app", sha256(LAYER));
    set_old(&root.path().join(link.as_str()));
    let before = store.stat(&link).await.unwrap();
    let put = Change::Put {
        path: link.clone(),
        content: sha256(LAYER).to_string().into(),
    };
    store.commit(vec![vec![put]]).await.unwrap();
    let after = store.stat(&link).await.unwrap();
    assert_eq!(after.size, before.size);
    assert!(after.touched > before.touched + GRACE, "{after:?}");
}
