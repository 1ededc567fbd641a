//! Clients that push, move tags and delete, and collections, in the source while it is copied;
//! and readers of the target, who find everything whole at every moment.

use std::sync::Arc;
use std::time::Duration;

use wharf_registry::Collection;
use wharf_store::MemoryStore;

use super::{PLAIN, REMOVING, assert_links_same, copy, estate, pull_all, tagged, try_copy};
use crate::fixtures::{registry, repository};
use crate::legality;
use crate::meddling::Meddling;

const APP: &str = "library/app";

/// What clients do, all at one moment.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    /// A new image, a tag that moves to it, and a new repository.
    Push,
    /// A tag goes, with its manifest, and a collection takes what only that needed.
    Delete,
    /// All of that, and the tag is pushed again.
    Replace,
    /// A whole repository goes.
    DeleteRepository,
}

impl Meanwhile {
    async fn happen(self, from: &MemoryStore) {
        match self {
            Self::Push => {
                tagged(from, APP, "new", "latest").await;
                tagged(from, "fresh", "other", "1").await;
            }
            Self::Delete => delete(from).await,
            Self::Replace => {
                delete(from).await;
                tagged(from, APP, "three", "1.0").await;
            }
            Self::DeleteRepository => {
                let nested = repository(from, "library/app/nested");
                nested.delete().await.unwrap();
                collect(from).await;
            }
        }
    }
}

async fn delete(from: &MemoryStore) {
    let app = repository(from, APP);
    let digest = super::tag_of(from, APP, "multi").await.unwrap();
    app.delete_manifest(digest).await.unwrap();
    let digest = super::tag_of(from, APP, "1.0").await.unwrap();
    app.delete_manifest(digest).await.unwrap();
    collect(from).await;
}

async fn collect(from: &MemoryStore) {
    from.pass(Duration::from_secs(1));
    let collection = Collection::default();
    registry(from)
        .collect(&collection, &mut wharf_registry::Silent)
        .await
        .unwrap();
}

/// Between any two calls of the source, in a first pass and in a second one that removes.
async fn at_every_call(meanwhile: Meanwhile) {
    for earlier in [false, true] {
        let mut at = 0;
        loop {
            let (from, to) = (estate().await, MemoryStore::default());
            if earlier {
                copy(&from, &to, PLAIN).await;
                tagged(&from, APP, "second", "second").await;
            }
            let inner = from.clone();
            let moving = Meddling::new(from.clone(), move |call| {
                let inner = inner.clone();
                Box::pin(async move {
                    if call == at {
                        meanwhile.happen(&inner).await;
                    }
                })
            });
            try_copy(&moving, &to, REMOVING).await.unwrap();
            let when = format!("{meanwhile:?} at {at}, earlier pass: {earlier}");
            assert_eq!(legality::check(&to.snapshot()), Ok(()), "{when}");
            if let Err(why) = pull_all(&to).await {
                panic!("{when}: {why}");
            }
            if moving.calls() <= at {
                assert!(at > 40, "{at} calls");
                break;
            }
            // Once the source stands still, one pass is enough.
            let last = copy(&from, &to, REMOVING).await;
            assert_eq!(last.behind, 0, "{when}");
            assert_links_same(&from, &to, &when);
            at += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn clients_push() {
    at_every_call(Meanwhile::Push).await;
}

#[tokio::test(start_paused = true)]
async fn clients_delete() {
    at_every_call(Meanwhile::Delete).await;
}

#[tokio::test(start_paused = true)]
async fn clients_delete_and_push_again() {
    at_every_call(Meanwhile::Replace).await;
}

#[tokio::test(start_paused = true)]
async fn a_repository_is_deleted() {
    at_every_call(Meanwhile::DeleteRepository).await;
}

/// Before every call of the target.
#[tokio::test(start_paused = true)]
async fn readers_of_the_target_find_everything_whole() {
    let (from, to) = (estate().await, MemoryStore::default());
    for pass in 0..2 {
        let inner = to.clone();
        let watched = Meddling::new(to.clone(), move |_| {
            let inner = inner.clone();
            Box::pin(async move {
                assert_eq!(legality::check(&inner.snapshot()), Ok(()));
                assert!(pull_all(&inner).await.is_ok());
                every_manifest_is_whole(&inner).await;
            })
        });
        copy(&from, &watched, REMOVING).await;
        assert!(watched.calls() > 40);
        assert_links_same(&from, &to, "in the end");
        if pass > 0 {
            break;
        }
        tagged(&from, APP, "later", "latest").await;
        let app = repository(&from, APP);
        let digest = super::tag_of(&from, APP, "multi").await.unwrap();
        app.delete_manifest(digest).await.unwrap();
        collect(&from).await;
    }
}

/// By digest too.
async fn every_manifest_is_whole(store: &MemoryStore) {
    let registry = Arc::new(registry(store));
    for path in crate::fixtures::paths_with(store, "/_manifests/revisions/") {
        let (name, rest) = path.split_once("/_manifests/revisions/").unwrap();
        let name = name.rsplit_once("/repositories/").unwrap().1;
        let hex = rest.split('/').nth(1).unwrap();
        let repository = registry.repository(name.parse().unwrap());
        let found = crate::fixtures::pull(&repository, &format!("sha256:{hex}")).await;
        let manifest = wharf_spec::Manifest::parse(found.unwrap().bytes, None).unwrap();
        for child in manifest.children() {
            let child = child.digest.to_string();
            assert!(crate::fixtures::pull(&repository, &child).await.is_ok());
        }
        for blob in manifest.config().into_iter().chain(manifest.layers()) {
            assert!(
                repository.blob(blob.digest).await.is_ok(),
                "{path}: {blob:?}"
            );
        }
    }
}
