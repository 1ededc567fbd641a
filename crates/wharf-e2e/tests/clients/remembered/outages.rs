//! A Redis that is not there, that hangs, and that is full.

use std::time::{Duration, Instant};

use wharf_e2e::redis::Redis;
use wharf_e2e::server::{Kind, free_address};

use super::{Scene, at, wait};

fn warnings(scene: &Scene) -> usize {
    let log = scene.server.log();
    let lines = log.lines().filter(|line| line.contains("Redis: "));
    lines.filter(|line| line.contains("level=warning")).count()
}

#[test]
fn nothing_waits_for_one_that_hangs_and_what_was_removed_is_forgotten_when_it_goes_on() {
    let redis = Redis::start();
    let scene = Scene::start(Kind::Wharf, "known/hangs", &at(redis.address()));
    let (kept, deleted) = (scene.push("a", "kept"), scene.push("a", "deleted"));
    assert_eq!(scene.costs("GET", &kept, 307), 0);
    redis.hang(true);
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(scene.status("GET", &kept), 307);
    }
    assert_eq!(scene.status("DELETE", &deleted), 202);
    assert_eq!(scene.status("GET", &deleted), 404);
    scene.push("a", "meanwhile");
    // One of them finds out, and the others are told.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    // Reading, writing and forgetting, each once.
    let told = warnings(&scene);
    assert!((1..=3).contains(&told), "{told}: {}", scene.server.log());
    redis.hang(false);
    let digest = deleted.rsplit('/').next().unwrap().to_owned();
    wait("it is not forgotten", || {
        redis.ask(&["SISMEMBER", "repository::a::blobs", &digest]) == "0"
    });
    assert_eq!(scene.status("GET", &deleted), 404);
    wait("it is not asked again", || {
        scene.costs("GET", &kept, 307) == 0
    });
    assert_eq!(warnings(&scene), told);
}

#[test]
fn one_that_is_not_there_is_asked_when_it_comes() {
    let address = free_address();
    let scene = Scene::start(Kind::Wharf, "known/later", &at(&address));
    let blob = scene.push("a", "some bytes");
    for _ in 0..5 {
        assert_eq!(scene.costs("GET", &blob, 307), 2);
    }
    let redis = Redis::start_at(&address, &[]);
    wait("it is not asked", || scene.costs("GET", &blob, 307) == 0);
    redis.stop();
    assert_eq!(scene.costs("GET", &blob, 307), 2);
    let _again = Redis::start_at(&address, &[]);
    wait("it is not asked again", || {
        scene.costs("GET", &blob, 307) == 0
    });
}

#[test]
fn one_that_is_full_forgets_what_it_is_told_to() {
    let redis = Redis::start();
    let scene = Scene::start(Kind::Wharf, "known/full", &at(redis.address()));
    let (kept, deleted) = (scene.push("a", "kept"), scene.push("a", "deleted"));
    _ = redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let unknown = scene.push("a", "unknown");
    for _ in 0..3 {
        assert_eq!(scene.costs("GET", &unknown, 307), 2);
    }
    assert_eq!(scene.costs("GET", &kept, 307), 0);
    assert_eq!(scene.status("DELETE", &deleted), 202);
    let digest = deleted.rsplit('/').next().unwrap();
    assert_eq!(
        redis.ask(&["SISMEMBER", "repository::a::blobs", digest]),
        "0"
    );
    assert_eq!(warnings(&scene), 1, "{}", scene.server.log());
}
