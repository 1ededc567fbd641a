//! What was deleted can be restored for a while.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wharf_registry::{Error, Options, Registry, Repository, Restored, TrashEntry, What};
use wharf_spec::{Digest, Tag};
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore, Store, StorePath};

use crate::fixtures::{paths_with, pull, pull_blob, put, sha256, sha512};
use crate::images::{about, digest_of, index, push, push_image, try_push, whole_image};
use crate::legality;

const NAME: &str = "library/app";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn registry(store: &(impl Store + Clone)) -> Registry {
    let options = Options {
        trash: DAY,
        ..Options::default()
    };
    Registry::new(Arc::new(store.clone()), options)
}

fn app(store: &(impl Store + Clone)) -> Repository {
    registry(store).repository(NAME.parse().unwrap())
}

fn tag(name: &str) -> Tag {
    name.parse().unwrap()
}

/// Manifests with and without tags, an index, and a signature.
async fn furnish(app: &Repository) -> Vec<Digest> {
    let old = push_image(app, "old", "latest").await;
    let new = push_image(app, "new", "latest").await;
    let two = whole_image(app, "two").await;
    let child = push(app, &two).await;
    let list = try_push(app, &index(&[&two]), "two").await.unwrap().digest;
    let signature = about(whole_image(app, "signature").await, &two);
    vec![old, new, child, list, push(app, &signature).await]
}

async fn only_entry(store: &MemoryStore) -> TrashEntry {
    let trash = registry(store).trash().await.unwrap();
    assert_eq!(trash.damaged, []);
    assert_eq!(trash.entries.len(), 1, "{trash:?}");
    trash.entries.into_iter().next().unwrap()
}

async fn restore(store: &MemoryStore) -> Restored {
    let id = only_entry(store).await.id;
    let restored = registry(store).restore(id).await.unwrap();
    restored.unwrap().unwrap()
}

async fn is_whole(store: &MemoryStore, manifests: &[Digest]) {
    let app = app(store);
    for digest in manifests {
        pull(&app, &digest.to_string()).await.unwrap();
    }
    assert_eq!(pull(&app, "latest").await.unwrap().digest, manifests[1]);
    assert_eq!(pull(&app, "two").await.unwrap().digest, manifests[3]);
    let (referrers, _) = app.referrers(manifests[2], None, None).await.unwrap();
    assert_eq!(referrers.len(), 1);
    for part in ["config of two", "layer of two", "layer of signature"] {
        pull_blob(&app, sha256(part.as_bytes())).await.unwrap();
    }
    let history = app.tag_history(&tag("latest")).await.unwrap();
    let history: Vec<_> = history.iter().map(|past| past.digest).collect();
    assert_eq!(history, [manifests[1], manifests[0]]);
    assert_eq!(legality::check(&store.snapshot()), Ok(()));
}

#[tokio::test]
async fn a_tag_comes_back_with_its_history() {
    let store = MemoryStore::default();
    let manifests = furnish(&app(&store)).await;
    app(&store).delete_tag(&tag("latest")).await.unwrap();
    let entry = only_entry(&store).await;
    assert_eq!((entry.what, entry.tags), (What::Tag, 1));
    assert_eq!(entry.some_manifests, [manifests[1]]);
    assert_eq!(entry.until.duration_since(entry.when).unwrap(), DAY);
    let restored = restore(&store).await;
    assert_eq!(restored.tags, [tag("latest")]);
    is_whole(&store, &manifests).await;
    assert_eq!(registry(&store).trash().await.unwrap().entries, []);
}

#[tokio::test]
async fn a_manifest_comes_back_with_its_tags() {
    let store = MemoryStore::default();
    let manifests = furnish(&app(&store)).await;
    app(&store).delete_manifest(manifests[1]).await.unwrap();
    assert_eq!(only_entry(&store).await.what, What::Manifest);
    let restored = restore(&store).await;
    assert_eq!((restored.tags.len(), restored.manifests), (1, 1));
    is_whole(&store, &manifests).await;
}

#[tokio::test(start_paused = true)]
async fn a_repository_comes_back() {
    let store = MemoryStore::default();
    let manifests = furnish(&app(&store)).await;
    app(&store).delete().await.unwrap();
    let gone = pull(&app(&store), "latest").await;
    assert!(matches!(gone, Err(Error::ManifestUnknown(_))), "{gone:?}");
    let entry = only_entry(&store).await;
    assert_eq!(
        (entry.what, entry.tags, entry.manifests),
        (What::Repository, 2, 5)
    );
    let restored = restore(&store).await;
    assert_eq!((restored.tags.len(), restored.manifests), (2, 5));
    assert_eq!((restored.elsewhere.len(), restored.lacking.len()), (0, 0));
    is_whole(&store, &manifests).await;
}

#[tokio::test]
async fn a_tag_that_was_pushed_again_stays_where_it_is() {
    let store = MemoryStore::default();
    let app = app(&store);
    let old = push_image(&app, "old", "latest").await;
    app.delete_manifest(old).await.unwrap();
    let new = push_image(&app, "new", "latest").await;
    let restored = restore(&store).await;
    assert_eq!(restored.elsewhere, [tag("latest")]);
    assert_eq!(restored.tags, []);
    assert_eq!(pull(&app, "latest").await.unwrap().digest, new);
    pull(&app, &old.to_string()).await.unwrap();
}

#[tokio::test]
async fn what_lacks_something_is_not_restored_and_its_entry_stays() {
    let store = MemoryStore::default();
    let app = app(&store);
    let digest = push_image(&app, "x", "latest").await;
    app.delete_manifest(digest).await.unwrap();
    let layer = sha256(b"layer of x");
    // Its link alone comes back by itself.
    store
        .remove(&crate::paths::layer_link(NAME, layer))
        .await
        .unwrap();
    let data = crate::paths::blob_data(layer);
    store.remove(&data).await.unwrap();
    let restored = restore(&store).await;
    assert_eq!(restored.lacking, [digest]);
    assert_eq!((restored.tags.len(), restored.manifests), (0, 0));
    let missing = pull(&app, "latest").await;
    assert!(
        matches!(missing, Err(Error::ManifestUnknown(_))),
        "{missing:?}"
    );
    put(&store, &data, "layer of x").await;
    assert_eq!(restore(&store).await.manifests, 1);
    pull(&app, "latest").await.unwrap();
    pull_blob(&app, layer).await.unwrap();
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_is_to_be_kept() {
    let store = MemoryStore::default();
    let app = crate::fixtures::repository(&store, NAME);
    let digest = push_image(&app, "x", "latest").await;
    app.delete_tag(&tag("latest")).await.unwrap();
    app.delete_manifest(digest).await.unwrap();
    assert_eq!(paths_with(&store, "wharfinger/state"), [""; 0]);
}

#[tokio::test]
async fn entries_expire_and_can_be_removed() {
    let store = MemoryStore::default();
    for name in ["a", "b"] {
        push_image(&app(&store), name, name).await;
        app(&store).delete_tag(&tag(name)).await.unwrap();
    }
    let registry = registry(&store);
    let entries = registry.trash().await.unwrap().entries;
    assert_eq!(entries[0].some_tags, [tag("b")]);
    assert_eq!(registry.empty_trash(&[entries[0].id]).await.unwrap(), 1);
    assert_eq!(registry.empty_trash(&[entries[0].id]).await.unwrap(), 0);
    let unknown = registry.restore(entries[0].id).await.unwrap();
    assert_eq!(unknown, Ok(None));
    let now = SystemTime::now();
    assert_eq!(registry.expire_trash(now + DAY / 2).await.unwrap(), 0);
    assert_eq!(registry.expire_trash(now + DAY * 2).await.unwrap(), 1);
    assert_eq!(paths_with(&store, "wharfinger/state"), [""; 0]);
    // Whoever keeps nothing any more has nothing in it.
    app(&store)
        .delete_manifest(digest_of(&whole_image(&app(&store), "a").await))
        .await
        .unwrap();
    let off = crate::fixtures::registry(&store);
    assert_eq!(off.trash().await.unwrap().entries, []);
    assert_eq!(off.expire_trash(SystemTime::now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_damaged_entry_is_told_and_stops_no_other() {
    let store = MemoryStore::default();
    push_image(&app(&store), "x", "latest").await;
    app(&store).delete_tag(&tag("latest")).await.unwrap();
    let good = only_entry(&store).await;
    let at = |name: &str| StorePath::new(format!("wharfinger/state/v1/trash/{name}")).unwrap();
    let ids = [
        "01900000-0000-7000-8000-000000000001",
        "ffffffff-0000-7000-8000-000000000001",
        "ffffffff-0000-7000-8000-000000000002",
        "ffffffff-0000-7000-8000-000000000003",
    ];
    let content = store.snapshot()[at(&format!("{}/0", good.id)).as_str()].clone();
    let content = String::from_utf8(content.to_vec()).unwrap();
    put(&store, &at(&format!("{}/0", ids[0])), "expired").await;
    put(&store, &at(&format!("{}/0", ids[1])), "{").await;
    let parts = content.replace("\"parts\":1", "\"parts\":2");
    put(&store, &at(&format!("{}/0", ids[2])), parts).await;
    let later = content.replace("\"version\":1", "\"version\":9");
    put(&store, &at(&format!("{}/0", ids[3])), later).await;
    put(&store, &at("strange/0"), "").await;
    let registry = registry(&store);
    let trash = registry.trash().await.unwrap();
    assert_eq!(trash.entries, [good]);
    let names: Vec<_> = trash.damaged.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [ids[1], ids[2], ids[3]]);
    let refused = registry.restore(ids[1].parse().unwrap()).await.unwrap();
    assert_eq!(refused.unwrap_err().name, ids[1]);
    assert_eq!(registry.expire_trash(SystemTime::now()).await.unwrap(), 1);
}

/// More than an entry has in one part.
#[tokio::test(start_paused = true)]
async fn a_large_repository_comes_back_from_several_parts() {
    let store = MemoryStore::default();
    let app = app(&store);
    let mut image = whole_image(&app, "x").await;
    for number in 0..1001 {
        image["annotations"]["number"] = number.to_string().into();
        try_push(&app, &image, &format!("t{number}")).await.unwrap();
    }
    assert_eq!(app.delete().await.unwrap().manifests, 1001);
    assert_eq!(paths_with(&store, "wharfinger/state/v1/trash").len(), 2);
    let entry = only_entry(&store).await;
    assert_eq!((entry.tags, entry.manifests), (1001, 1001));
    let restored = restore(&store).await;
    assert_eq!((restored.tags.len(), restored.manifests), (1001, 1001));
    assert_eq!(pull(&app, "t1000").await.unwrap().digest, digest_of(&image));
    assert_eq!(paths_with(&store, "wharfinger/state"), [""; 0]);
}

/// At whatever call a deletion breaks off, all that was there can be had again.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_breaks_off_loses_nothing_and_can_be_begun_again() {
    for fault in FAULTS {
        for nth in 1.. {
            let memory = MemoryStore::default();
            let manifests = furnish(&app(&memory)).await;
            let plan = FaultPlan::default();
            let store = Faulty::new(memory.clone(), plan.clone());
            plan.arm(nth, fault);
            let _ = app(&store).delete().await;
            if plan.is_armed() {
                assert!(nth > 50, "only {nth} calls");
                break;
            }
            assert_eq!(legality::check(&memory.snapshot()), Ok(()), "{nth}");
            match app(&memory).delete().await {
                Ok(_) | Err(Error::RepositoryUnknown(_)) => {}
                Err(error) => panic!("{fault:?} at {nth}: {error:?}"),
            }
            for path in ["_manifests", "_uploads"] {
                assert_eq!(paths_with(&memory, path), [""; 0], "{fault:?} at {nth}");
            }
            let trash = registry(&memory).trash().await.unwrap();
            assert_eq!(trash.damaged, [], "{fault:?} at {nth}");
            // The earliest has it all.
            for entry in trash.entries.iter().rev() {
                let restored = registry(&memory).restore(entry.id).await.unwrap();
                assert_eq!(restored.unwrap().unwrap().lacking, [], "{fault:?} at {nth}");
            }
            is_whole(&memory, &manifests).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_restoration_that_breaks_off_can_be_begun_again() {
    for fault in FAULTS {
        for nth in 1.. {
            let memory = MemoryStore::default();
            let manifests = furnish(&app(&memory)).await;
            app(&memory).delete().await.unwrap();
            let id = only_entry(&memory).await.id;
            let plan = FaultPlan::default();
            let store = Faulty::new(memory.clone(), plan.clone());
            plan.arm(nth, fault);
            let broken = registry(&store).restore(id).await;
            if plan.is_armed() {
                assert!(nth > 50, "only {nth} calls");
                break;
            }
            assert_eq!(legality::check(&memory.snapshot()), Ok(()), "{nth}");
            // When all else is done, its removal may have been the call that failed.
            let again = registry(&memory).restore(id).await.unwrap().unwrap();
            assert!(again.is_some() || broken.is_err(), "{fault:?} at {nth}");
            is_whole(&memory, &manifests).await;
            assert_eq!(registry(&memory).trash().await.unwrap().entries, []);
        }
    }
}

const FAULTS: [Fault; 2] = [
    Fault::Fail(ErrorKind::Other),
    Fault::FailAfter(ErrorKind::Other),
];

/// Distribution stores what is pushed by its sha512 under its sha256, and only the link says so.
#[tokio::test]
async fn a_layer_that_is_stored_under_its_other_digest_comes_back_with_a_whole_repository() {
    let store = MemoryStore::default();
    let app = app(&store);
    let (linked, stored) = (sha512(b"dual"), sha256(b"dual"));
    put(&store, &crate::paths::blob_data(stored), "dual").await;
    let link = crate::paths::layer_link(NAME, linked);
    put(&store, &link, stored.to_string()).await;
    let mut image = whole_image(&app, "app").await;
    image["layers"][0]["digest"] = linked.to_string().into();
    try_push(&app, &image, "1").await.unwrap();
    store.pass(Duration::from_secs(1));
    app.delete().await.unwrap();
    for _ in 0..2 {
        store.pass(Duration::from_secs(60));
        let options = wharf_registry::Collection::default();
        let collected = registry(&store)
            .collect(&options, &mut wharf_registry::Silent)
            .await;
        assert_eq!(collected.unwrap().problems, 0);
    }
    let restored = restore(&store).await;
    assert_eq!((restored.manifests, restored.lacking), (1, vec![]));
    pull(&app, "1").await.unwrap();
    assert_eq!(pull_blob(&app, linked).await.unwrap(), "dual");
}
