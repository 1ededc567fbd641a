//! Clients that push while a collection without any grace runs, each of whose steps falls
//! between any two calls of the store: what was acknowledged is whole.

mod collection;
mod scenes;

use std::sync::Arc;
use std::time::Duration;

use wharf_registry::{Error, Registry};
use wharf_spec::Reference;
use wharf_store::{MemoryStore, Store};

use self::collection::Collection;
use self::scenes::{Scene, Told};
use crate::fixtures::{self, sha256};
use crate::images::{push, whole_image};
use crate::meddling::{Meddling, Touches};
use crate::{legality, paths};

#[tokio::test(start_paused = true)]
async fn an_image_that_is_pushed_is_whole() {
    every_moment(Scene::Image).await;
}

#[tokio::test(start_paused = true)]
async fn an_image_whose_manifest_is_there_is_whole_when_it_is_tagged_again() {
    every_moment(Scene::Again).await;
}

#[tokio::test(start_paused = true)]
async fn an_index_of_images_without_a_tag_is_whole() {
    every_moment(Scene::Index).await;
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_is_uploaded_is_there() {
    every_moment(Scene::Upload).await;
}

#[tokio::test(start_paused = true)]
async fn a_blob_whose_bytes_came_long_ago_is_there_when_its_upload_ends() {
    every_moment(Scene::OldUpload).await;
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_is_mounted_is_there() {
    every_moment(Scene::Mount).await;
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_a_client_was_told_of_is_there() {
    every_moment(Scene::Head).await;
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_a_client_was_told_of_is_whole() {
    every_moment(Scene::HeadManifest).await;
}

/// A link that somebody has just written does not keep its data yet: whoever is told of it does.
#[tokio::test]
async fn what_a_client_is_told_of_is_touched_with_its_data() {
    let store = MemoryStore::default();
    let repository = fixtures::repository(&store, "a");
    let image = whole_image(&repository, "x").await;
    let digest = push(&repository, &image).await;
    let layer = sha256(b"layer of x");
    store.pass(Duration::from_hours(48));
    let now = store.now().await.unwrap();
    repository.blob_size(layer).await.unwrap();
    repository
        .manifest(&Reference::Digest(digest))
        .await
        .unwrap();
    for path in [
        paths::layer_link("a", layer),
        paths::blob_data(layer),
        paths::revision_link("a", digest),
        paths::blob_data(digest),
    ] {
        let touched = store.stat(&path).await.unwrap().touched;
        assert!(touched >= now, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_touches_every_one_of_these_would_be_lost_at_some_moment() {
    for scene in [
        Scene::Image,
        Scene::Again,
        Scene::Index,
        Scene::Upload,
        Scene::OldUpload,
        Scene::Mount,
        Scene::Head,
        Scene::HeadManifest,
    ] {
        let lost = every_moment_with(scene, Touches::AreIgnored).await;
        assert!(lost.is_err(), "{scene:?}: nobody misses touches");
    }
}

async fn every_moment(scene: Scene) {
    let (acknowledged, refused) = every_moment_with(scene, Touches::Count).await.unwrap();
    assert!(acknowledged > 0, "nothing was ever acknowledged");
    if scene.can_be_refused() {
        assert!(refused > 0, "no collection ever came between");
    }
}

/// Begins, marks, removes links and removes data at any moments. How often the client was told
/// that all is well, and how often not.
async fn every_moment_with(scene: Scene, touches: Touches) -> Result<(u64, u64), String> {
    let (calls, _) = run(scene, None, touches).await?;
    let (mut acknowledged, mut refused) = (0, 0);
    for begin in 0..=calls {
        for mark in begin..=calls {
            for links in mark..=calls {
                // Data goes soon after, or a good while after.
                for data in [links, links + 1, links + 3, calls] {
                    let moments = [begin, mark, links, data.max(links)];
                    match run(scene, Some(moments), touches).await?.1 {
                        Told::Yes => acknowledged += 1,
                        Told::No => refused += 1,
                    }
                }
            }
        }
    }
    Ok((acknowledged, refused))
}

/// How many calls it took, and what the client was told; or what of that is not true.
async fn run(
    scene: Scene,
    moments: Option<[usize; 4]>,
    touches: Touches,
) -> Result<(usize, Told), String> {
    let memory = MemoryStore::default();
    scene.prepare(&memory).await;
    let new = Collection::new(memory.clone());
    let collection = Arc::new(tokio::sync::Mutex::new(new));
    let store = Meddling::new(memory.clone(), move |call| {
        let collection = Arc::clone(&collection);
        Box::pin(async move {
            let mut collection = collection.lock().await;
            for (step, moment) in moments.into_iter().flatten().enumerate() {
                if moment == call {
                    collection.step(step).await;
                }
            }
        })
    });
    let store = store.with(touches);
    let registry = Registry::new(Arc::new(store.clone()), Default::default());
    let told = scene.act(&registry, &memory).await;
    let calls = store.calls();
    let wrong = |why: String| format!("{moments:?}: {why}");
    let told = match told {
        Ok(()) => Told::Yes,
        Err(Error::ReferencesUnknown(missing)) if !missing.is_empty() => Told::No,
        Err(Error::Busy | Error::BlobUnknown(_) | Error::ManifestUnknown(_)) => Told::No,
        Err(error) => return Err(wrong(format!("{error:?}"))),
    };
    scene.look(&memory, told).await.map_err(wrong)?;
    legality::check(&memory.snapshot()).map_err(wrong)?;
    Ok((calls, told))
}
