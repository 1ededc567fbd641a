//! The first pass, and those after it.

use std::time::Duration;

use tempfile::TempDir;
use wharf_store::fs::{RealDisk, Syncing};
use wharf_store::{FileStore, MemoryStore, Store, StorePath};

use super::{PLAIN, VERIFYING, assert_same, copy, estate, kinds, noise, pull_all, tag_of, tagged};
use crate::fixtures::{push_blob, put, registry, repository};
use crate::images::{digest_of, try_push, whole_image};
use crate::legality;
use crate::paths::{blob_data, layer_link, tag_current_link, tag_index_link};

#[tokio::test]
async fn all_of_it_is_there_and_the_second_pass_finds_nothing_to_do() {
    let (from, to) = (estate().await, MemoryStore::default());
    let before = from.snapshot();
    let first = copy(&from, &to, PLAIN).await;
    assert_eq!(from.snapshot(), before, "the source was changed");
    assert_same(&from, &to, "after the first pass");
    assert_eq!(legality::check(&to.snapshot()), Ok(()));
    assert_eq!(pull_all(&to).await, Ok(5));
    assert_eq!((first.repositories, first.tags, first.present), (2, 5, 0));
    let blobs = before.keys().filter(|path| path.ends_with("/data"));
    let data = blobs.filter(|path| path.contains("/blobs/"));
    assert_eq!(first.blobs, data.count() as u64);
    assert!(first.bytes > 3 << 20, "{first:?}");

    // Nothing else is left of it: no uploads, and nothing of ours that is about the place.
    let others: Vec<_> = to.snapshot().into_keys().collect();
    let others = others.iter().filter(|path| !path.starts_with("docker/"));
    assert_eq!(others.collect::<Vec<_>>(), [] as [&String; 0]);

    for copying in [PLAIN, VERIFYING] {
        let second = copy(&from, &to, copying).await;
        assert_eq!(
            (second.changed(), second.left.total()),
            (0, 0),
            "{second:?}"
        );
        assert_eq!(second.present, first.blobs);
    }
}

#[tokio::test]
async fn what_was_pushed_since_comes_and_tags_move() {
    let (from, to) = (estate().await, MemoryStore::default());
    copy(&from, &to, PLAIN).await;
    let moved = tagged(&from, "library/app", "three", "latest").await;
    let new = tagged(&from, "other", "one", "new").await;
    let second = copy(&from, &to, PLAIN).await;
    // The layer, the config and the manifest of each; of the other repository there were all.
    assert_eq!((second.blobs, second.tags, second.repositories), (3, 2, 3));
    assert_eq!(tag_of(&to, "library/app", "latest").await, Some(moved));
    assert_eq!(tag_of(&to, "other", "new").await, Some(new));
    assert_same(&from, &to, "after the second pass");
    assert_eq!(copy(&from, &to, PLAIN).await.changed(), 0);

    // Back to what it was: only the tag is written.
    let old = tagged(&from, "library/app", "two", "latest").await;
    let third = copy(&from, &to, PLAIN).await;
    assert_eq!((third.changed(), third.tags), (1, 1), "{third:?}");
    assert_eq!(tag_of(&to, "library/app", "latest").await, Some(old));
}

/// Whoever wrote it there.
#[tokio::test]
async fn what_is_wrong_in_the_target_is_made_right() {
    let (from, to) = (estate().await, MemoryStore::default());
    copy(&from, &to, PLAIN).await;
    let layer = crate::fixtures::sha256(b"layer of one");
    let other = crate::fixtures::sha256(b"layer of two");
    put(&to, &layer_link("library/app", layer), "").await;
    put(
        &to,
        &tag_current_link("library/app", "1.0"),
        other.to_string(),
    )
    .await;
    put(&to, &blob_data(layer), "layer of on").await;
    let second = copy(&from, &to, PLAIN).await;
    assert_eq!((second.links, second.tags, second.repaired), (1, 1, 1));
    assert_same(&from, &to, "after the second pass");

    // Of the same size: only who looks finds it.
    put(&to, &blob_data(layer), "LAYER OF ONE").await;
    assert_eq!(copy(&from, &to, PLAIN).await.changed(), 0);
    let third = copy(&from, &to, VERIFYING).await;
    assert_eq!((third.changed(), third.repaired), (1, 1), "{third:?}");
    assert_same(&from, &to, "after the third pass");
}

/// What the target has is of use although the source has lost it since.
#[tokio::test]
async fn what_the_target_has_need_not_be_in_the_source() {
    let (from, to) = (estate().await, MemoryStore::default());
    copy(&from, &to, PLAIN).await;
    let layer = crate::fixtures::sha256(b"layer of one");
    from.remove(&blob_data(layer)).await.unwrap();
    assert_eq!(kinds(&from, &to).await, []);
    assert_eq!(pull_all(&to).await, Ok(5));
}

#[tokio::test]
async fn files_are_copied_to_files_and_to_memory() {
    let open = |directory: &TempDir| {
        FileStore::syncing(RealDisk, directory.path(), Syncing::Together).unwrap()
    };
    let directories = [(); 2].map(|()| TempDir::new().unwrap());
    let [from, to] = directories.each_ref().map(open);
    let app = repository(&from, "app");
    crate::images::push_image(&app, "one", "latest").await;
    let large = push_blob(&app, noise(9_000_001)).await;
    let first = copy(&from, &to, PLAIN).await;
    assert_eq!((first.blobs, first.tags), (4, 1), "{first:?}");
    assert_eq!(pull_all(&to).await, Ok(1));
    assert_eq!(to.size(&blob_data(large)).await.unwrap(), 9_000_001);
    assert_eq!(copy(&from, &to, VERIFYING).await.changed(), 0);
    // And on to another kind of store.
    let memory = MemoryStore::default();
    assert_eq!(copy(&to, &memory, PLAIN).await.changed(), first.changed());
    assert_eq!(pull_all(&memory).await, Ok(1));
    assert!(
        registry(&to)
            .repository("app".parse().unwrap())
            .blob(large)
            .await
            .is_ok()
    );
}

/// As a pass leaves it that is killed between a directory and the link in it.
#[tokio::test]
async fn an_empty_directory_in_the_history_of_a_tag_is_no_link() {
    let directories = [(); 2].map(|()| TempDir::new().unwrap());
    let [from, to] = directories
        .each_ref()
        .map(|directory| FileStore::new(directory.path()).unwrap());
    let app = repository(&from, "app");
    let mut links = Vec::new();
    for image in ["one", "two"] {
        let manifest = whole_image(&app, image).await;
        try_push(&app, &manifest, "latest").await.unwrap();
        links.push(tag_index_link("app", "latest", digest_of(&manifest)));
    }
    copy(&from, &to, PLAIN).await;
    let empty = async |link: &StorePath| to.remove(link).await.unwrap();
    let [past, current] = &links[..] else {
        unreachable!("two links");
    };

    empty(past).await;
    assert_eq!(copy(&from, &to, PLAIN).await.links, 1);
    to.stat(past).await.unwrap();

    empty(past).await;
    empty(current).await;
    to.remove(&tag_current_link("app", "latest")).await.unwrap();
    let again = copy(&from, &to, PLAIN).await;
    assert_eq!((again.links, again.tags), (2, 1), "{again:?}");
    for link in &links {
        to.stat(link).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept() {
    let (from, to) = (estate().await, MemoryStore::default());
    let start = tokio::time::Instant::now();
    let rated = wharf_registry::Copying {
        rate: 1 << 20,
        ..PLAIN
    };
    let copied = copy(&from, &to, rated).await;
    let seconds = Duration::from_secs_f64(copied.bytes as f64 / f64::from(1 << 20));
    let took = start.elapsed();
    assert!(
        took >= seconds && took < seconds * 2,
        "{took:?} for {seconds:?}"
    );
}
