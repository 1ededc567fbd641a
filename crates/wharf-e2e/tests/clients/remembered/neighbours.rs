//! One Redis and one bucket for several: two of ours, and distribution.

use std::time::Duration;

use wharf_e2e::command::Run;
use wharf_e2e::redis::Redis;
use wharf_e2e::server::{Kind, wharf};

use super::{Scene, at};

#[test]
fn a_pull_of_what_is_known_asks_nothing_of_the_bucket() {
    let redis = Redis::start();
    let [one, other] =
        ["one", "other"].map(|_| Scene::start(Kind::Wharf, "known", &at(redis.address())));
    let blob = one.push("a/b", "pushed at one");
    assert_eq!(one.costs("GET", &blob, 307), 0);
    assert_eq!(other.costs("GET", &blob, 307), 0);
    // Whoever pushes is promised something.
    assert!(other.costs("HEAD", &blob, 307) >= 2);
    let elsewhere = blob.replace("a/b", "c");
    assert_eq!(other.status("GET", &elsewhere), 404);
    // What is forgotten is found, and known again.
    _ = redis.ask(&["FLUSHALL"]);
    assert_eq!(other.costs("GET", &blob, 307), 2);
    assert_eq!(one.costs("GET", &blob, 307), 0);
    assert_eq!(other.status("DELETE", &blob), 202);
    for server in [&one, &other] {
        assert_eq!(server.status("GET", &blob), 404);
    }
}

#[test]
fn distribution_knows_what_we_know_and_forgets_what_we_remove() {
    let redis = Redis::start();
    let ours = Scene::start(Kind::Wharf, "known/both", &at(redis.address()));
    let theirs = Scene::start(Kind::V3, "known/both", &at(redis.address()));
    let (kept, deleted) = (ours.push("a/b", "kept"), ours.push("a/b", "deleted"));
    for blob in [&kept, &deleted] {
        assert_eq!(theirs.costs("HEAD", blob, 307), 0, "{blob}");
    }
    let digest = kept.rsplit('/').next().unwrap();
    let key = format!("repository::a/b::blobs::{digest}");
    assert_eq!(
        redis.ask(&["HGET", &key, "mediatype"]),
        "application/octet-stream"
    );
    let described = redis.ask(&["HMGET", &format!("blobs::{digest}"), "digest", "size"]);
    assert_eq!(described.lines().collect::<Vec<_>>(), [digest, "4"]);

    assert_eq!(ours.status("DELETE", &deleted), 202);
    assert_eq!(theirs.status("GET", &deleted), 404);
    assert_eq!(theirs.status("HEAD", &kept), 307);

    // What they push, and what they delete.
    let blob = theirs.push("a/b", "theirs");
    assert_eq!(ours.costs("GET", &blob, 307), 2);
    assert_eq!(ours.costs("GET", &blob, 307), 0);
    assert_eq!(theirs.status("DELETE", &blob), 202);
    assert_eq!(ours.status("GET", &blob), 404);
}

/// To distribution, a manifest that is remembered is a blob as any other.
#[test]
fn manifests_are_no_blobs() {
    let redis = Redis::start();
    let ours = Scene::start(Kind::Wharf, "known/manifests", &at(redis.address()));
    let theirs = Scene::start(Kind::V3, "known/manifests", &at(redis.address()));
    let image = theirs.server.push_image("a/b", "1", "amd64");
    let (manifest, blob) = ["manifests", "blobs"]
        .map(|kind| format!("/v2/a/b/{kind}/{}", image.digest))
        .into();
    assert_eq!(theirs.status("GET", &blob), 307);
    assert_eq!(ours.status("GET", &blob), 404);
    let layer = image.json()["layers"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let of_layer = |kind: &str| format!("/v2/a/b/{kind}/{layer}");
    for _ in 0..2 {
        assert_eq!(ours.status("GET", &of_layer("blobs")), 307);
        assert_eq!(ours.status("GET", &of_layer("manifests")), 404);
    }
    assert_eq!(ours.status("DELETE", &manifest), 202);
    assert_eq!(theirs.status("GET", &manifest), 404);
    assert_eq!(theirs.status("GET", &blob), 404);
}

#[test]
fn what_is_collected_is_known_to_nobody() {
    let redis = Redis::start();
    let ours = Scene::start(Kind::Wharf, "known/collected", &at(redis.address()));
    let theirs = Scene::start(Kind::V3, "known/collected", &at(redis.address()));
    let image = theirs.server.push_image("a/b", "1", "amd64");
    let orphan = ours.push("a/b", "of no image");
    assert_eq!(theirs.status("HEAD", &orphan), 307);
    let config = wharf_e2e::scratch::Scratch::new();
    let file = config.join("config.yml");
    let section = wharf_e2e::bucket::Bucket::shared().section("known/collected");
    let text = serde_json::json!({
        "version": 0.1,
        "storage": {"s3": section, "cache": {"blobdescriptor": "redis"}},
        "redis": {"addrs": [redis.address()]},
    });
    std::fs::write(&file, text.to_string()).unwrap();
    assert!(ours.server.stop().success());
    // The bucket's clock tells whole seconds: what was just pushed is not old yet.
    std::thread::sleep(Duration::from_secs(2));
    let collect = Run::program(wharf()).arg("garbage-collect").arg(&file);
    collect.limit(Duration::from_secs(240)).ok();
    assert_eq!(theirs.status("HEAD", &orphan), 404);
    let layer = image.json()["layers"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        theirs.status("HEAD", &format!("/v2/a/b/blobs/{layer}")),
        307
    );

    // And what goes with a repository.
    let remove = Run::program(wharf()).words("repo rm a/b --yes --config");
    remove.arg(&file).ok();
    let manifest = format!("/v2/a/b/manifests/{}", image.digest);
    assert_eq!(theirs.status("GET", &manifest), 404);
    assert_eq!(
        theirs.status("HEAD", &format!("/v2/a/b/blobs/{layer}")),
        404
    );
    assert_eq!(redis.ask(&["SCARD", "repository::a/b::blobs"]), "0");
}
