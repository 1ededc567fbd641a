//! Deletions of manifests and tags at one process while another one, which knows nothing of its
//! turns, pushes: between any two calls of the store.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wharf_registry::{Repository, Result};
use wharf_store::MemoryStore;

use crate::fixtures::{pull, repository};
use crate::images::{digest_of, push_image, try_push, whole_image};
use crate::legality;
use crate::meddling::Meddling;

/// What a process does, and how that ended.
type Act = fn(Repository) -> Acting;

type Acting = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// There is an image with the tags `old` and `latest`, and a newer one without a tag.
async fn furnished() -> MemoryStore {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    push_image(&repository, "x", "old").await;
    push_image(&repository, "x", "latest").await;
    whole_image(&repository, "y").await;
    store.pass(Duration::from_mins(2));
    store
}

fn delete_x(repository: Repository) -> Acting {
    Box::pin(async move {
        let x = whole_image(&repository, "x").await;
        let digest = digest_of(&x);
        repository.delete_manifest(digest).await
    })
}

fn untag_latest(repository: Repository) -> Acting {
    Box::pin(async move { repository.delete_tag(&"latest".parse().unwrap()).await })
}

/// The same image under another tag.
fn push_x(repository: Repository) -> Acting {
    Box::pin(async move {
        let x = whole_image(&repository, "x").await;
        try_push(&repository, &x, "new").await.map(drop)
    })
}

/// Another image under a tag of the first.
fn move_latest(repository: Repository) -> Acting {
    Box::pin(async move {
        let y = whole_image(&repository, "y").await;
        try_push(&repository, &y, "latest").await.map(drop)
    })
}

/// One act as a whole between any two calls of another one, one place after the other; what is
/// left then is looked at. The answer is how many places there were.
async fn everywhere(
    outer: Act,
    inner: Act,
    mut look: impl AsyncFnMut(&Repository, usize),
) -> usize {
    for at in 0.. {
        let store = furnished().await;
        let ended = Arc::new(Mutex::new(None));
        let happens = {
            let (store, ended) = (store.clone(), Arc::clone(&ended));
            move |call: usize| -> Pin<Box<dyn Future<Output = ()> + Send>> {
                let (store, ended) = (store.clone(), Arc::clone(&ended));
                Box::pin(async move {
                    if call == at {
                        let done = inner(repository(&store, "a")).await;
                        *ended.lock().unwrap() = Some(done);
                    }
                })
            }
        };
        let meddling = Meddling::new(store.clone(), happens);
        let done = outer(repository(&meddling, "a")).await;
        let Some(ended) = ended.lock().unwrap().take() else {
            return at;
        };
        done.unwrap_or_else(|error| panic!("place {at}: {error}"));
        ended.unwrap_or_else(|error| panic!("place {at}: {error}"));
        assert_eq!(legality::check(&store.snapshot()), Ok(()), "place {at}");
        look(&repository(&store, "a"), at).await;
    }
    unreachable!("there are only so many calls")
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_another_process_pushes_again_leaves_no_tag_without_it() {
    // Either is the last; what is legal was looked at.
    let places = everywhere(delete_x, push_x, async |_, _| {}).await;
    assert!(places > 10, "{places}");
    let places = everywhere(push_x, delete_x, async |_, _| {}).await;
    assert!(places > 10, "{places}");
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_another_process_moves_stays_when_its_old_manifest_goes() {
    let stays = async |repository: &Repository, at: usize| {
        let found = pull(repository, "latest").await;
        assert!(found.is_ok(), "place {at}: {found:?}");
    };
    everywhere(delete_x, move_latest, stays).await;
    everywhere(move_latest, delete_x, stays).await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_another_process_pushes_while_it_is_removed_is_whole_or_gone() {
    everywhere(untag_latest, move_latest, async |_, _| {}).await;
    everywhere(move_latest, untag_latest, async |_, _| {}).await;
}

/// Some services keep to no conditions: there a deletion is kept apart from pushes by the turns of
/// its own process alone.
#[tokio::test]
async fn deletions_work_where_nothing_can_be_removed_safely() {
    let store = furnished().await;
    let meddling = Meddling::new(store.clone(), |_| Box::pin(async {})).refusing_removals();
    untag_latest(repository(&meddling, "a")).await.unwrap();
    delete_x(repository(&meddling, "a")).await.unwrap();
    let left = repository(&store, "a");
    for reference in ["latest", "old"] {
        assert!(pull(&left, reference).await.is_err(), "{reference}");
    }
    assert_eq!(legality::check(&store.snapshot()), Ok(()));
}
