//! Parts of a blob that is not here yet.

use wharf_cache::Answered;

use crate::scene::Scene;
use crate::source::Source;

#[tokio::test]
async fn a_part_in_the_middle_comes_from_the_store_and_begins_nothing() {
    let scene = Scene::new(200 << 20);
    let source = Source::noise(1, 1_000_000);
    let part = scene.part(&source, 5_000..500_000).await.unwrap();
    assert!(part == source.bytes()[5_000..500_000]);
    assert_eq!(scene.told.answered(Answered::Passed), 1);
    assert_eq!((scene.bytes(), scene.told.ends().len()), (0, 0));
}

#[tokio::test]
async fn a_beginning_begins_all_of_it() {
    let scene = Scene::new(200 << 20);
    let source = Source::noise(1, 1_000_000);
    let part = scene.part(&source, 0..10).await.unwrap();
    assert!(part == source.bytes()[..10]);
    scene.comes(|| scene.cache.holds(source.digest)).await;
    assert_eq!(source.reads(), 1);
}

#[tokio::test]
async fn a_part_that_comes_soon_is_waited_for() {
    let scene = Scene::new(200 << 20);
    let source = Source::noise(1, 3_000_000);
    source.may_send(1_000_000);
    let (begun, joined) = tokio::join!(scene.part(&source, 0..100), async {
        scene
            .comes(|| scene.told.answered(Answered::Began) == 1)
            .await;
        let part = scene.part(&source, 2_500_000..2_600_000);
        let (part, ()) = tokio::join!(part, async {
            scene
                .comes(|| scene.told.answered(Answered::Joined) == 1)
                .await;
            source.may_send(u64::MAX);
        });
        part
    });
    assert!(begun.unwrap() == source.bytes()[..100]);
    assert!(joined.unwrap() == source.bytes()[2_500_000..2_600_000]);
    assert_eq!(source.reads(), 1);
}

#[tokio::test]
async fn a_part_far_ahead_comes_from_the_store() {
    let scene = Scene::new(200 << 20);
    let source = Source::noise(1, 20 << 20);
    source.may_send(100_000);
    let begun = scene.cache.nearer(source.digest, source.payload()).await;
    let reading = tokio::spawn(crate::scene::all(begun));
    scene
        .comes(|| scene.told.answered(Answered::Began) == 1)
        .await;
    let part = scene.part(&source, 19 << 20..20 << 20);
    let (part, ()) = tokio::join!(part, async {
        scene
            .comes(|| scene.told.answered(Answered::Passed) == 1)
            .await;
        source.may_send(u64::MAX);
    });
    assert!(part.unwrap() == source.bytes()[19 << 20..]);
    assert!(reading.await.unwrap().unwrap() == source.bytes());
    assert_eq!(source.reads(), 2);
}

#[tokio::test]
async fn the_end_of_a_damaged_blob_is_not_given_to_who_joins() {
    let scene = Scene::new(200 << 20);
    let source = Source::noise(1, 1_000_000).said_to_be(Source::noise(2, 10).digest);
    source.may_send(999_999);
    let whole = scene.cache.nearer(source.digest, source.payload()).await;
    let whole = tokio::spawn(crate::scene::all(whole));
    scene
        .comes(|| scene.told.answered(Answered::Began) == 1)
        .await;
    let end = scene.cache.nearer(source.digest, source.payload()).await;
    let end = tokio::spawn(crate::scene::all(end.slice(10..1_000_000)));
    scene
        .comes(|| scene.told.answered(Answered::Joined) == 1)
        .await;
    source.may_send(u64::MAX);
    whole.await.unwrap().unwrap_err();
    end.await.unwrap().unwrap_err();
}
