//! What is found at the start, and what is found to be damaged.

use std::sync::Arc;
use std::time::Duration;

use wharf_cache::{BlobCache, FillEnd, Unobserved};
use wharf_store::Payload;
use wharf_store::fs::RealDisk;

use crate::scene::Scene;
use crate::source::Source;

#[tokio::test]
async fn whole_blobs_are_there_again() {
    let scene = Scene::new(1 << 20);
    let source = Source::noise(1, 100_000);
    scene.fill(&source).await;
    let scene = scene.restarted(1 << 20).await;
    let payload = scene.cache.nearer(source.digest, source.payload()).await;
    assert!(matches!(payload, Payload::File(_)));
    assert!(crate::scene::all(payload).await.unwrap() == source.bytes());
    assert_eq!(source.reads(), 1);
}

#[tokio::test]
async fn what_was_not_whole_is_gone() {
    let scene = Scene::new(1 << 20);
    // As a process leaves it that is killed in the middle.
    std::fs::write(scene.path().join("filling/17"), "half").unwrap();
    let scene = scene.restarted(1 << 20).await;
    assert_eq!(scene.names("filling"), Vec::<String>::new());
}

#[tokio::test]
async fn who_stops_gives_up_what_is_coming() {
    let scene = Scene::new(1 << 20);
    let source = Source::noise(1, 100_000);
    source.may_send(50_000);
    let payload = scene.cache.nearer(source.digest, source.payload()).await;
    let reading = tokio::spawn(crate::scene::all(payload));
    scene.comes(|| !scene.names("filling").is_empty()).await;
    scene.cache.close().await;
    reading.await.unwrap().unwrap_err();
    assert_eq!(scene.told.ends(), [FillEnd::Broken]);
    assert_eq!(scene.names("filling"), Vec::<String>::new());
}

#[tokio::test]
async fn who_stops_gives_up_what_is_just_beginning() {
    let scene = Scene::new(1 << 20);
    let source = Source::noise(1, 100_000);
    // The file is there, and nobody knows of it yet.
    scene.disk.stands_still(Some("open"));
    let payload = scene.cache.nearer(source.digest, source.payload()).await;
    let reading = tokio::spawn(crate::scene::all(payload));
    scene.comes(|| !scene.names("filling").is_empty()).await;
    let cache = scene.cache.clone();
    let closing = tokio::spawn(async move { cache.close().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    scene.disk.stands_still(None);
    closing.await.unwrap();
    // Whoever was left waiting for longer than the disk is given has it from the store.
    if let Ok(bytes) = reading.await.unwrap() {
        assert!(bytes == source.bytes());
    }
    assert_eq!(scene.names("filling"), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_used_longest_ago_goes_first_after_a_restart_too() {
    let scene = Scene::new(4_000);
    let sources: Vec<_> = (0..4).map(|seed| Source::noise(seed, 1_000)).collect();
    for source in &sources {
        scene.fill(source).await;
    }
    for (source, age) in sources.iter().zip([100, 400, 200, 300]) {
        scene.age(source, age);
    }
    // The bound may be another one by then.
    let scene = scene.restarted(3_000).await;
    let held = |source: &Source| scene.cache.holds(source.digest);
    assert_eq!(
        sources.iter().map(held).collect::<Vec<_>>(),
        [true, false, true, true]
    );
    scene.fill(&Source::noise(9, 1_000)).await;
    assert!(!scene.cache.holds(sources[3].digest));
    assert_eq!(scene.bytes(), 3_000);
}

#[tokio::test]
async fn use_is_told_to_the_file() {
    let scene = Scene::new(4_000);
    let source = Source::noise(1, 1_000);
    scene.fill(&source).await;
    scene.age(&source, 1_000);
    let scene = scene.restarted(4_000).await;
    let age = || {
        let modified = std::fs::metadata(scene.file(&source)).unwrap().modified();
        modified.unwrap().elapsed().unwrap_or_default().as_secs()
    };
    assert!(age() >= 1_000);
    assert!(scene.cache.kept(source.digest).await.is_some());
    scene.comes(|| age() < 500).await;
}

#[tokio::test]
async fn a_file_of_another_size_is_found_at_the_start_and_when_it_is_opened() {
    let scene = Scene::new(1 << 20);
    let source = Source::noise(1, 100_000);
    scene.fill(&source).await;
    std::fs::write(scene.file(&source), "short").unwrap();
    // It comes again, and is right again.
    scene.fill(&source).await;
    assert_eq!(source.reads(), 2);
    std::fs::write(scene.file(&source), "short").unwrap();
    let scene = scene.restarted(1 << 20).await;
    assert!(!scene.cache.holds(source.digest) && scene.bytes() == 0);
    scene.fill(&source).await;
    std::fs::remove_file(scene.file(&source)).unwrap();
    assert!(scene.cache.kept(source.digest).await.is_none());
    scene.fill(&source).await;
}

#[tokio::test]
async fn what_the_store_has_with_another_size_comes_from_there() {
    let scene = Scene::new(1 << 20);
    let source = Source::noise(1, 100_000);
    scene.fill(&source).await;
    let shorter = Source::of(source.bytes().slice(..10)).said_to_be(source.digest);
    assert!(scene.get(&shorter).await.unwrap() == source.bytes()[..10]);
    assert!(scene.get(&source).await.unwrap() == source.bytes());
}

#[tokio::test]
async fn what_is_nothing_of_ours_stays() {
    let scene = Scene::new(1 << 20);
    let names = [
        "notes.txt",
        "sha256-00.3",
        &format!("sha256-{}.03", "0".repeat(64)),
        &format!("sha256:{}.3", "0".repeat(64)),
    ];
    for name in names {
        std::fs::write(scene.path().join("blobs").join(name), "abc").unwrap();
    }
    let scene = scene.restarted(1 << 20).await;
    assert_eq!(scene.names("blobs").len(), names.len());
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let scene = Scene::new(1 << 20);
    let second = BlobCache::open(RealDisk, &scene.path(), 1 << 20, Arc::new(Unobserved));
    let error = second.err().unwrap();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "another process uses it"
    );
    // Not even by mistake.
    assert!(
        error
            .to_string()
            .ends_with("cannot be used as a cache of blobs")
    );
}
