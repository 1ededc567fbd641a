//! A blob comes here once, and is right or not here.

use wharf_cache::{Answered, FillEnd};
use wharf_store::Payload;

use crate::disk::{EIO, ENOSPC};
use crate::scene::{Scene, of_file};
use crate::source::Source;

#[tokio::test]
async fn what_was_wanted_once_is_a_file() {
    let scene = Scene::new(10 << 20);
    let source = Source::noise(1, 3_000_000);
    scene.fill(&source).await;
    assert_eq!((source.reads(), scene.bytes()), (1, 3_000_000));
    let payload = scene.cache.nearer(source.digest, source.payload()).await;
    let Payload::File(span) = payload else {
        panic!("{payload:?}")
    };
    assert!(of_file(span) == source.bytes());
    let kept = scene.cache.kept(source.digest).await.unwrap();
    assert!(of_file(kept.slice(7..1007)) == source.bytes()[7..1007]);
    assert_eq!(source.reads(), 1);
    assert_eq!(scene.told.answered(Answered::Hit), 2);
}

#[tokio::test]
async fn what_is_near_already_stays_as_it_is() {
    let scene = Scene::new(10 << 20);
    let source = Source::noise(1, 100);
    let payload = Payload::Bytes(source.bytes());
    let payload = scene.cache.nearer(source.digest, payload).await;
    assert!(matches!(payload, Payload::Bytes(_)));
    assert!(!scene.cache.holds(source.digest));
}

#[tokio::test]
async fn fifty_who_want_it_at_once_cause_one_read() {
    let scene = Scene::new(10 << 20);
    let source = Source::noise(1, 2_000_000);
    source.may_send(500_000);
    let wanting = (0..50).map(|_| {
        let (cache, source) = (scene.cache.clone(), source.clone());
        tokio::spawn(async move {
            let payload = cache.nearer(source.digest, source.payload()).await;
            crate::scene::all(payload).await.unwrap() == source.bytes()
        })
    });
    let wanting: Vec<_> = wanting.collect();
    scene
        .comes(|| scene.told.answered(Answered::Joined) == 49)
        .await;
    source.may_send(u64::MAX);
    for wanted in wanting {
        assert!(wanted.await.unwrap());
    }
    assert_eq!(source.reads(), 1);
}

#[tokio::test]
async fn a_fill_goes_on_although_everybody_has_gone() {
    let scene = Scene::new(10 << 20);
    let source = Source::noise(1, 2_000_000);
    source.may_send(500_000);
    let payload = scene.cache.nearer(source.digest, source.payload()).await;
    let Payload::Remote(mut span) = payload else {
        panic!("{payload:?}")
    };
    assert!(span.next().await.unwrap().is_ok());
    drop(span);
    source.may_send(u64::MAX);
    scene.comes(|| scene.cache.holds(source.digest)).await;
    assert_eq!(source.reads(), 1);
}

#[tokio::test]
async fn a_damaged_blob_is_neither_kept_nor_given_to_its_end() {
    let scene = Scene::new(10 << 20);
    let other = Source::noise(2, 10).digest;
    for (ended, len) in [1, 9_999, 2_000_000].into_iter().enumerate() {
        let source = Source::noise(1, len).said_to_be(other);
        scene.get(&source).await.unwrap_err();
        scene.comes(|| scene.told.ends().len() > ended).await;
        assert!(!scene.cache.holds(other) && scene.bytes() == 0);
    }
    assert_eq!(scene.told.ends(), [FillEnd::Wrong; 3]);
}

#[tokio::test]
async fn a_blob_that_breaks_off_is_neither_kept_nor_given_to_its_end() {
    let scene = Scene::new(10 << 20);
    let whole = Source::noise(1, 2_000_000);
    for (ended, at) in [0, 1, 1_000_000, 1_999_999].into_iter().enumerate() {
        let source = whole.clone().that_breaks_at(at);
        scene.get(&source).await.unwrap_err();
        scene.comes(|| scene.told.ends().len() > ended).await;
        assert!(!scene.cache.holds(source.digest) && scene.bytes() == 0);
    }
    scene.fill(&whole).await;
}

#[tokio::test]
async fn nobody_joins_a_fill_that_has_failed() {
    let scene = Scene::new(10 << 20);
    let whole = Source::noise(1, 2_000_000);
    // What it wrote is still there.
    scene.disk.stands_still(Some("unlink"));
    let broken = whole.clone().that_breaks_at(1_000_000);
    let given_up = scene.get(&broken).await;
    let ends = scene.told.ends();
    let again = scene.get(&whole).await;
    let part = scene.part(&whole, 1_000_000..2_000_000).await;
    // First of all: nothing ends while the disk stands still, a test that fails neither.
    scene.disk.stands_still(None);
    given_up.unwrap_err();
    assert_eq!(ends, []);
    assert!(again.unwrap() == whole.bytes());
    assert!(part.unwrap() == whole.bytes()[1_000_000..]);
    assert_eq!(scene.told.answered(Answered::Joined), 0);
    scene.comes(|| !scene.told.ends().is_empty()).await;
    scene.fill(&whole).await;
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_not_in_the_way() {
    for (call, errno) in [
        ("create", EIO),
        ("open", EIO),
        ("append", ENOSPC),
        ("append", EIO),
        ("sync_file", EIO),
        ("rename", EIO),
    ] {
        let scene = Scene::new(10 << 20);
        let source = Source::noise(1, 3_000_000);
        scene.disk.fails(call, errno);
        assert!(
            scene.get(&source).await.unwrap() == source.bytes(),
            "{call}"
        );
        scene.comes(|| scene.told.ends() == [FillEnd::Disk]).await;
        assert!(!scene.cache.holds(source.digest), "{call}");
        assert_eq!(scene.bytes(), 0, "{call}");
        // Nor is it asked again at once.
        assert!(
            scene.get(&source).await.unwrap() == source.bytes(),
            "{call}"
        );
        assert_eq!(scene.told.answered(Answered::Passed), 1, "{call}");
        assert_eq!(scene.told.ends().len(), 1, "{call}");
    }
}

#[tokio::test]
async fn a_disk_that_stands_still_is_not_waited_for() {
    for call in ["create", "append"] {
        let scene = Scene::new(10 << 20);
        let source = Source::noise(1, 3_000_000);
        scene.disk.stands_still(Some(call));
        assert!(
            scene.get(&source).await.unwrap() == source.bytes(),
            "{call}"
        );
        assert_eq!(source.reads(), if call == "create" { 1 } else { 2 });
        // What it was at goes on.
        let reads = 2;
        scene.disk.stands_still(None);
        scene.comes(|| scene.cache.holds(source.digest)).await;
        assert_eq!(source.reads(), reads, "{call}");
        scene.disk.stands_still(Some("open"));
        assert!(scene.get(&source).await.unwrap() == source.bytes());
        assert_eq!(source.reads(), reads + 1, "{call}");
        scene.disk.stands_still(None);
    }
}
