//! What is damaged in the source is told, and nothing that needs it can be found in the target.

use wharf_registry::ProblemKind;
use wharf_spec::Digest;
use wharf_store::{MemoryStore, Store, StorePath};

use super::{PLAIN, assert_same, copy, estate, kinds, pull_all, tag_of, tagged, try_copy};
use crate::fixtures::{put, repository, sha256};
use crate::images::{index, push_image, try_push, whole_image};
use crate::legality;
use crate::paths::{blob_data, layer_link, revision_link, tag_current_link};

#[tokio::test]
async fn a_damaged_layer_keeps_out_what_needs_it_and_nothing_else() {
    let (from, to) = (estate().await, MemoryStore::default());
    let layer = sha256(b"layer of arm");
    put(&from, &blob_data(layer), "layer of ARM").await;
    let (copied, problems) = try_copy(&from, &to, PLAIN).await.unwrap();
    assert_eq!(copied.tags, 4, "{copied:?}");
    assert_eq!(problems[0].kind, ProblemKind::Corrupt);
    assert_eq!(problems[0].digest, Some(layer));
    // The image, the index that lists it, and the tag of that. What is about it may come.
    let withheld = &problems[1..];
    assert_eq!(withheld.len(), 3, "{withheld:#?}");
    assert!(
        withheld
            .iter()
            .all(|problem| problem.kind == ProblemKind::Withheld)
    );
    let tags = withheld.iter().filter_map(|problem| problem.tag.as_ref());
    assert_eq!(tags.map(ToString::to_string).collect::<Vec<_>>(), ["multi"]);
    assert_eq!(legality::check(&to.snapshot()), Ok(()));
    assert_eq!(pull_all(&to).await, Ok(4));
    assert_eq!(tag_of(&to, "library/app", "multi").await, None);
    assert!(to.size(&blob_data(layer)).await.is_err());

    // The next push heals it, and the next pass copies it.
    from.remove(&blob_data(layer)).await.unwrap();
    whole_image(&repository(&from, "library/app"), "arm").await;
    let healed = copy(&from, &to, PLAIN).await;
    assert_eq!((healed.blobs, healed.tags), (1, 1), "{healed:?}");
    assert_same(&from, &to, "after it was healed");
    assert_eq!(pull_all(&to).await, Ok(5));
}

/// A tag that was copied stays where it was.
#[tokio::test]
async fn a_tag_that_moves_to_something_damaged_does_not_move_in_the_target() {
    let (from, to) = (estate().await, MemoryStore::default());
    copy(&from, &to, PLAIN).await;
    let before = tag_of(&to, "library/app", "latest").await;
    tagged(&from, "library/app", "four", "latest").await;
    put(&from, &blob_data(sha256(b"config of four")), "rotten").await;
    let expected = [
        ProblemKind::Corrupt,
        ProblemKind::Withheld,
        ProblemKind::Withheld,
    ];
    assert_eq!(kinds(&from, &to).await, expected);
    assert_eq!(tag_of(&to, "library/app", "latest").await, before);
    assert_eq!(pull_all(&to).await, Ok(5));
}

#[tokio::test]
async fn a_large_blob_that_is_damaged_leaves_nothing() {
    let (from, to) = (MemoryStore::default(), MemoryStore::default());
    push_image(&repository(&from, "app"), "one", "latest").await;
    let digest = sha256(b"what it should be");
    put(&from, &blob_data(digest), super::noise(5 << 20)).await;
    put(&from, &layer_link("app", digest), digest.to_string()).await;
    assert_eq!(kinds(&from, &to).await, [ProblemKind::Corrupt]);
    let left = to.snapshot().into_keys();
    let left: Vec<_> = left
        .filter(|path| path.starts_with("wharfinger/"))
        .collect();
    assert_eq!(left, [] as [String; 0]);
    assert_eq!(pull_all(&to).await, Ok(1));
}

async fn after(meddle: impl AsyncFn(&MemoryStore)) -> (Vec<ProblemKind>, usize) {
    let (from, to) = (estate().await, MemoryStore::default());
    meddle(&from).await;
    let kinds = kinds(&from, &to).await;
    assert_eq!(legality::check(&to.snapshot()), Ok(()));
    (kinds, pull_all(&to).await.unwrap())
}

#[tokio::test]
async fn links_that_lead_nowhere_stay_behind_with_what_needs_them() {
    let missing = sha256(b"layer of one");
    let (kinds, pulled) = after(async |from| from.remove(&blob_data(missing)).await.unwrap()).await;
    // One image has three tags in two repositories, one of which has moved on.
    let mut expected = vec![ProblemKind::DanglingLink];
    expected.extend([ProblemKind::Withheld; 4]);
    assert_eq!((kinds, pulled), (expected, 3));

    let (kinds, pulled) =
        after(async |from| put(from, &layer_link("library/app", missing), "").await).await;
    let expected = [
        ProblemKind::BrokenLink,
        ProblemKind::Withheld,
        ProblemKind::Withheld,
    ];
    assert_eq!((kinds, pulled), (expected.to_vec(), 4));
}

#[tokio::test]
async fn a_tag_that_leads_nowhere_stays_behind() {
    let gone = sha256(b"gone");
    let dangling = async |from: &MemoryStore| {
        put(
            from,
            &tag_current_link("library/app", "lost"),
            gone.to_string(),
        )
        .await;
        put(from, &tag_current_link("library/app", "empty"), "").await;
    };
    let expected = vec![ProblemKind::BrokenLink, ProblemKind::DanglingTag];
    assert_eq!(after(dangling).await, (expected, 5));
}

/// Some registries take an index whose children are elsewhere.
#[tokio::test]
async fn what_the_source_does_without_the_target_does_without() {
    let (from, to) = (estate().await, MemoryStore::default());
    let app = repository(&from, "library/app");
    let child = whole_image(&app, "elsewhere").await;
    crate::images::push(&app, &child).await;
    let list = index(&[&child]);
    let digest = try_push(&app, &list, "sparse").await.unwrap().digest;
    let child = crate::images::digest_of(&child);
    from.remove(&revision_link("library/app", child))
        .await
        .unwrap();
    copy(&from, &to, PLAIN).await;
    assert_eq!(tag_of(&to, "library/app", "sparse").await, Some(digest));
    assert_same(&from, &to, "with a sparse index");
}

#[tokio::test]
async fn what_nobody_knows_is_told_and_not_copied() {
    let (from, to) = (estate().await, MemoryStore::default());
    let strange = [
        "blobs/md5/00/00/data",
        "blobs/sha256/zz/data",
        "blobs/sha256/00/not-a-digest/data",
        "repositories/UPPER/_layers/sha256/x/link",
        "repositories/library/app/_layers/sha256/x/link",
        "repositories/library/app/_manifests/tags/.not-a-tag/current/link",
    ];
    for path in strange {
        let path = StorePath::new(format!("docker/registry/v2/{path}")).unwrap();
        put(&from, &path, "?").await;
    }
    let kinds = kinds(&from, &to).await;
    assert_eq!(kinds, vec![ProblemKind::Strange; strange.len()]);
    assert_eq!(pull_all(&to).await, Ok(5));
    let copied = to.snapshot().into_values();
    assert!(copied.into_iter().all(|content| content != "?"));
}

/// Distribution stores what is pushed by its sha512 under its sha256.
#[tokio::test]
async fn a_link_may_lead_to_another_digest_than_its_name() {
    let (from, to) = (MemoryStore::default(), MemoryStore::default());
    push_image(&repository(&from, "app"), "one", "latest").await;
    let (named, stored): (Digest, Digest) = (
        crate::fixtures::sha512(b"layer of one"),
        sha256(b"layer of one"),
    );
    put(&from, &layer_link("app", named), stored.to_string()).await;
    copy(&from, &to, PLAIN).await;
    assert_same(&from, &to, "with such a link");
}
