//! What there is room for.

use wharf_cache::Answered;

use crate::scene::Scene;
use crate::source::Source;

#[tokio::test]
async fn what_was_used_longest_ago_makes_room() {
    let scene = Scene::new(3_000);
    let sources: Vec<_> = (0..3).map(|seed| Source::noise(seed, 1_000)).collect();
    for source in &sources {
        scene.fill(source).await;
    }
    assert!(scene.cache.kept(sources[0].digest).await.is_some());
    let next = Source::noise(9, 1_500);
    scene.fill(&next).await;
    let held = |source: &Source| scene.cache.holds(source.digest);
    assert_eq!(
        sources.iter().map(held).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(scene.bytes(), 2_500);
    assert!(scene.told.most() <= 3_000);
}

#[tokio::test]
async fn what_is_coming_counts_and_is_not_driven_out() {
    let scene = Scene::new(2_000);
    let coming = [Source::noise(1, 1_000), Source::noise(2, 1_000)];
    let mut reading = Vec::new();
    for source in &coming {
        source.may_send(10);
        let payload = scene.cache.nearer(source.digest, source.payload()).await;
        reading.push(tokio::spawn(crate::scene::all(payload)));
    }
    scene
        .comes(|| scene.told.answered(Answered::Began) == 2)
        .await;
    let other = Source::noise(3, 10);
    assert!(scene.get(&other).await.unwrap() == other.bytes());
    assert_eq!(scene.told.answered(Answered::Passed), 1);
    for (source, reading) in coming.iter().zip(reading) {
        source.may_send(u64::MAX);
        assert!(reading.await.unwrap().unwrap() == source.bytes());
    }
    scene
        .comes(|| coming.iter().all(|it| scene.cache.holds(it.digest)))
        .await;
    assert_eq!(scene.bytes(), 2_000);
}

#[tokio::test]
async fn more_than_half_of_the_room_is_not_kept() {
    let scene = Scene::new(2_000);
    let large = Source::noise(1, 1_001);
    assert!(scene.get(&large).await.unwrap() == large.bytes());
    assert_eq!(scene.told.answered(Answered::Passed), 1);
    let small = Source::noise(2, 1_000);
    scene.fill(&small).await;
}

#[tokio::test]
async fn so_many_come_at_once_and_no_more() {
    let scene = Scene::new(1 << 20);
    let sources: Vec<_> = (0..17).map(|seed| Source::noise(seed, 100)).collect();
    let mut reading = Vec::new();
    for source in &sources[..16] {
        source.may_send(10);
        let payload = scene.cache.nearer(source.digest, source.payload()).await;
        reading.push(tokio::spawn(crate::scene::all(payload)));
    }
    scene
        .comes(|| scene.told.answered(Answered::Began) == 16)
        .await;
    assert!(scene.get(&sources[16]).await.unwrap() == sources[16].bytes());
    assert_eq!(scene.told.answered(Answered::Passed), 1);
    for source in &sources {
        source.may_send(u64::MAX);
    }
    for reading in reading {
        reading.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_bound_holds_whatever_comes_and_goes() {
    let scene = Scene::new(100_000);
    for round in 0..10 {
        let wanted = (0..20).map(|number| {
            let seed = (round * 7 + number * number) % 40;
            Source::noise(seed, 1_000 + 700 * seed as usize)
        });
        let reading: Vec<_> = wanted
            .map(|source| {
                let cache = scene.cache.clone();
                tokio::spawn(async move {
                    let payload = cache.nearer(source.digest, source.payload()).await;
                    crate::scene::all(payload).await.unwrap() == source.bytes()
                })
            })
            .collect();
        for reading in reading {
            assert!(reading.await.unwrap());
            assert!(scene.bytes() <= 100_000);
        }
    }
    assert!(scene.told.most() <= 100_000);
}
