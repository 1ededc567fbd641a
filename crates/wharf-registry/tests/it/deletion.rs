//! Deleting whole repositories, also while somebody pushes to them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wharf_registry::{Deleted, Deletion, Error, Options, Registry, Repository};
use wharf_spec::{Algorithm, Page, Tag};
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore, Store};

use crate::fixtures::{paths_with, pull, pull_blob, push_blob, registry, repository, sha256};
use crate::images::{about, image, index, push, push_image, try_push, whole_image};
use crate::legality;
use crate::meddling::Meddling;

const NAME: &str = "library/app";

/// Two tags, an index of an image, a signature, a blob that nobody needs and an upload.
async fn furnish(store: &MemoryStore) {
    let app = repository(store, NAME);
    push_image(&app, "one", "one").await;
    let two = whole_image(&app, "two").await;
    push(&app, &two).await;
    try_push(&app, &index(&[&two]), "two").await.unwrap();
    let signature = about(whole_image(&app, "signature").await, &two);
    push(&app, &signature).await;
    push_blob(&app, "nobody needs it").await;
    app.start_upload(Algorithm::Sha256).await.unwrap();
    store.pass(Duration::from_mins(2));
}

async fn catalog(store: &MemoryStore) -> Vec<String> {
    let (names, _) = registry(store).catalog(&Page::default()).await.unwrap();
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_repository_is_left_and_nested_ones_stay() {
    let store = MemoryStore::default();
    furnish(&store).await;
    let (above, below) = (repository(&store, "library"), format!("{NAME}/below"));
    push_image(&above, "above", "t").await;
    push_image(&repository(&store, &below), "below", "t").await;
    let app = repository(&store, NAME);
    // What is derived goes with it.
    let (referrers, _) = app.referrers(sha256(b""), None, None).await.unwrap();
    assert_eq!(referrers, []);

    let deleted = app.delete().await.unwrap();
    let expected = Deleted {
        repository: NAME.parse().unwrap(),
        tags: 2,
        manifests: 4,
        layers: 7,
        uploads: 1,
        can_be_restored: false,
    };
    assert_eq!(deleted, expected);
    assert_eq!(catalog(&store).await, ["library", below.as_str()]);
    let left = paths_with(&store, &format!("{NAME}/"));
    let is_below = |path: &String| path.contains("/below/");
    assert!(left.iter().all(is_below), "{left:?}");
    pull(&above, "t").await.unwrap();
    pull(&repository(&store, &below), "t").await.unwrap();
    assert_eq!(legality::check(&store.snapshot()), Ok(()));

    let again = app.delete().await;
    assert!(
        matches!(again, Err(Error::RepositoryUnknown(_))),
        "{again:?}"
    );
    push_image(&app, "one", "one").await;
    pull(&app, "one").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_somebody_writes_to_stays() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    let app = registry.repository(NAME.parse().unwrap());
    let (held, old) = (
        app.start_upload(Algorithm::Sha256).await.unwrap().id,
        app.start_upload(Algorithm::Sha256).await.unwrap().id,
    );
    store.pass(Duration::from_mins(2));
    let young = app.start_upload(Algorithm::Sha256).await.unwrap().id;
    let upload = app.upload(&held).await.unwrap();
    assert_eq!(app.delete().await.unwrap().uploads, 1);
    let layer = Bytes::from("layer");
    let digest = sha256(&layer);
    upload
        .finish(None, &mut layer.clone(), digest)
        .await
        .unwrap();
    app.upload_status(&young).await.unwrap();
    let gone = app.upload_status(&old).await;
    assert!(matches!(gone, Err(Error::UploadUnknown(_))), "{gone:?}");
    assert_eq!(pull_blob(&app, digest).await.unwrap(), layer);
}

#[tokio::test]
async fn nobody_deletes_where_that_is_switched_off() {
    let options = Options {
        deletion: Deletion::Disabled,
        ..Options::default()
    };
    let store = MemoryStore::default();
    furnish(&store).await;
    let registry = Registry::new(Arc::new(store.clone()), options);
    let refused = registry.repository(NAME.parse().unwrap()).delete().await;
    assert!(
        matches!(refused, Err(Error::DeletionDisabled)),
        "{refused:?}"
    );
    assert_eq!(catalog(&store).await, [NAME]);
}

/// An image that the deletion finds there in part, with a tag of its own.
async fn push_something(app: &Repository) -> Result<(), Error> {
    let two = image(b"config of two", &[b"layer of two"]);
    try_push(app, &index(&[&two]), "three").await.map(|_| ())
}

async fn is_whole(store: &MemoryStore) {
    let app = repository(store, NAME);
    let two = image(b"config of two", &[b"layer of two"]);
    pull(&app, "three").await.unwrap();
    pull(&app, &crate::images::digest_of(&two).to_string())
        .await
        .unwrap();
    for part in [&b"config of two"[..], b"layer of two"] {
        pull_blob(&app, sha256(part)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_into_which_a_deletion_comes_is_whole_or_fails() {
    let (mut whole, mut refused) = (0, 0);
    for moment in 0.. {
        let memory = MemoryStore::default();
        furnish(&memory).await;
        let other = memory.clone();
        let store = Meddling::new(memory.clone(), move |call| {
            let other = other.clone();
            Box::pin(async move {
                if call == moment {
                    repository(&other, NAME).delete().await.unwrap();
                }
            })
        });
        match push_something(&repository(&store, NAME)).await {
            Ok(()) => {
                // The last ones were made before.
                if store.calls() <= moment {
                    break;
                }
                whole += 1;
                is_whole(&memory).await;
            }
            Err(Error::ReferencesUnknown(_)) => refused += 1,
            Err(error) => panic!("{moment}: {error:?}"),
        }
        assert_eq!(legality::check(&memory.snapshot()), Ok(()), "{moment}");
    }
    assert!(refused > 10, "{whole} {refused}");
}

#[tokio::test(start_paused = true)]
async fn a_push_that_comes_into_a_deletion_is_whole_or_fails() {
    let (mut whole, mut refused) = (0, 0);
    for moment in 0.. {
        let memory = MemoryStore::default();
        furnish(&memory).await;
        let pushed = Arc::new(std::sync::Mutex::new(None));
        let (other, outcome) = (memory.clone(), Arc::clone(&pushed));
        let store = Meddling::new(memory.clone(), move |call| {
            let (other, outcome) = (other.clone(), Arc::clone(&outcome));
            Box::pin(async move {
                if call == moment {
                    let told = push_something(&repository(&other, NAME)).await;
                    *outcome.lock().unwrap() = Some(told);
                }
            })
        });
        repository(&store, NAME).delete().await.unwrap();
        let told = pushed.lock().unwrap().take();
        match told {
            None => break,
            // Before it has begun, it comes before.
            Some(Ok(())) if moment < 2 => {}
            Some(Ok(())) => {
                whole += 1;
                is_whole(&memory).await;
            }
            Some(Err(Error::ReferencesUnknown(_))) => refused += 1,
            Some(Err(error)) => panic!("{moment}: {error:?}"),
        }
        assert_eq!(legality::check(&memory.snapshot()), Ok(()), "{moment}");
    }
    assert!(whole > 10 && refused > 10, "{whole} {refused}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_at_any_call_leaves_a_legal_tree_and_can_be_begun_again() {
    for fault in [
        Fault::Fail(ErrorKind::Other),
        Fault::FailAfter(ErrorKind::Other),
    ] {
        let mut failed = 0;
        for nth in 1.. {
            let memory = MemoryStore::default();
            furnish(&memory).await;
            let plan = FaultPlan::default();
            let store = Faulty::new(memory.clone(), plan.clone());
            plan.arm(nth, fault);
            let deleted = repository(&store, NAME).delete().await;
            let at = plan.calls().get(nth - 1).cloned();
            if plan.is_armed() {
                break;
            }
            let files: BTreeMap<_, _> = memory.snapshot();
            assert_eq!(legality::check(&files), Ok(()), "{fault:?} at {at:?}");
            failed += usize::from(deleted.is_err());
            match repository(&memory, NAME).delete().await {
                Ok(_) | Err(Error::RepositoryUnknown(_)) => {}
                Err(error) => panic!("{fault:?} at {at:?}: {error:?}"),
            }
            let left = paths_with(&memory, &format!("repositories/{NAME}/"));
            assert_eq!(left, [""; 0], "{fault:?} at {at:?}");
        }
        assert!(failed > 50, "{fault:?}: {failed}");
    }
}

#[tokio::test]
async fn a_manifest_of_which_nobody_knows_what_it_needs_keeps_the_layers() {
    let store = MemoryStore::default();
    let app = repository(&store, NAME);
    push_image(&app, "one", "one").await;
    let digest = push_image(&app, "two", "two").await;
    let data = crate::paths::blob_data(digest);
    crate::fixtures::put(&store, &data, "broken").await;
    // It was pushed again at this very moment, as far as the deletion can tell.
    let link = crate::paths::revision_link(NAME, digest);
    let (other, touched) = (store.clone(), link.clone());
    let meddling = Meddling::new(store.clone(), move |_| {
        let (other, touched) = (other.clone(), touched.clone());
        Box::pin(async move { other.touch(&touched).await.unwrap() })
    });
    let deleted = repository(&meddling, NAME).delete().await.unwrap();
    assert_eq!((deleted.manifests, deleted.layers), (1, 0));
    let tag: Tag = "two".parse().unwrap();
    assert!(app.tag_history(&tag).await.is_err());
}
