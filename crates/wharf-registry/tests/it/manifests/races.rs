//! Pushes of manifests while others are deleted. No lock covers a repository.

use wharf_registry::Error;
use wharf_store::{MemoryStore, Operation};

use crate::fixtures::{pull, repository};
use crate::images::{push_image, try_push, whole_image};
use crate::legality;
use crate::slow::{DELAY, Slow};

/// A client moves `latest` while a retention job deletes what it pointed to.
#[tokio::test(start_paused = true)]
async fn a_tag_that_moves_while_its_old_manifest_is_deleted_stays() {
    for step in 1..=6 {
        let store = MemoryStore::default();
        let repository = repository(&Slow::new(store.clone(), Operation::Remove), "a");
        let old = push_image(&repository, "old", "latest").await;
        let new = whole_image(&repository, "new").await;
        let push = async {
            // Each removal of the deletion takes as long as two steps.
            tokio::time::sleep(DELAY / 2 * step).await;
            try_push(&repository, &new, "latest").await
        };
        let (deleted, pushed) = tokio::join!(repository.delete_manifest(old), push);
        deleted.unwrap();
        let new = pushed.unwrap().digest;
        let found = pull(&repository, "latest")
            .await
            .map(|manifest| manifest.digest);
        assert!(
            matches!(found, Ok(it) if it == new),
            "step {step}: {found:?}"
        );
        assert_eq!(legality::check(&store.snapshot()), Ok(()), "step {step}");
    }
}

/// A client pushes what a retention job deletes at that moment. Either may win.
#[tokio::test(start_paused = true)]
async fn a_manifest_that_is_pushed_while_it_is_deleted_leaves_no_tag_without_it() {
    for step in 1..=6 {
        let store = MemoryStore::default();
        let repository = repository(&Slow::new(store.clone(), Operation::Remove), "a");
        let digest = push_image(&repository, "x", "old").await;
        let image = whole_image(&repository, "x").await;
        let push = async {
            tokio::time::sleep(DELAY / 2 * step).await;
            try_push(&repository, &image, "new").await
        };
        let (deleted, pushed) = tokio::join!(repository.delete_manifest(digest), push);
        deleted.unwrap();
        assert_eq!(pushed.unwrap().digest, digest);
        let found = pull(&repository, "new").await;
        assert!(
            matches!(&found, Ok(_) | Err(Error::ManifestUnknown(_))),
            "{found:?}"
        );
        assert_eq!(legality::check(&store.snapshot()), Ok(()), "step {step}");
    }
}

/// The disk does not stop because a client hangs up: nothing may overtake what it does.
#[tokio::test(start_paused = true)]
async fn a_deletion_whose_client_hung_up_does_not_take_what_is_pushed_next() {
    let store = MemoryStore::default();
    let repository = repository(&Slow::new(store.clone(), Operation::Remove), "a");
    let digest = push_image(&repository, "x", "old").await;
    let image = whole_image(&repository, "x").await;
    let deletion = repository.delete_manifest(digest);
    let hung_up = tokio::time::timeout(DELAY / 2, deletion).await;
    assert!(hung_up.is_err());
    let pushed = try_push(&repository, &image, "new").await.unwrap();
    tokio::time::sleep(DELAY * 6).await;
    let found = pull(&repository, "new").await.map(|it| it.digest);
    assert!(matches!(found, Ok(it) if it == pushed.digest), "{found:?}");
    let old = pull(&repository, "old").await;
    assert!(matches!(old, Err(Error::ManifestUnknown(_))));
}
