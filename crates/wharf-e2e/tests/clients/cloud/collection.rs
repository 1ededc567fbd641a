//! What was deleted goes from a bucket, by the command and by the server, while others push to it.

use std::sync::mpsc::{TryRecvError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configuration;
use wharf_e2e::contents::Manifest;
use wharf_e2e::http::Http;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup, wharf};

#[test]
fn what_was_deleted_goes_while_others_push() {
    is_collected(&Bucket::shared().section("collected"));
}

#[test]
fn what_was_deleted_goes_while_others_push_at_versity() {
    let bucket = Bucket::of_versity();
    is_collected(&bucket.section("collected"));
}

fn is_collected(section: &Value) {
    let start = || {
        let setup = Setup::of(Kind::Wharf);
        setup.bucket("s3", section.clone()).start()
    };
    let (server, other) = (start(), start());
    let kept = server.push_image("a/b", "kept", "amd64");
    let delete = |image: &Manifest| {
        let manifest = format!("/v2/a/b/manifests/{}", image.digest);
        other.http().delete(&manifest).expect(202);
    };

    let gone = server.push_image("a/b", "gone", "amd64");
    delete(&gone);
    wait_for_the_grace();
    let told = beside(&other, || by_command(section));
    assert_eq!(told["collected"]["manifests"], 0, "{told}");
    assert_ne!(told["collected"]["blobs"], 0, "{told}");
    assert_gone(&server, &gone);

    let gone = server.push_image("a/b", "gone", "amd64");
    delete(&gone);
    wait_for_the_grace();
    let told = beside(&other, || by_a_server(section));
    assert_eq!(told["end"], "complete", "{told}");
    assert_gone(&server, &gone);

    assert_eq!(server.whole_image("a/b", "kept"), kept);
    let again = other.push_image("a/b", "gone", "amd64");
    assert_eq!(again, gone);
    assert_eq!(server.whole_image("a/b", "gone"), gone);
}

/// Something that is done while images are pushed there, all of which are there in the end.
fn beside(server: &Server, collect: impl FnOnce() -> Value) -> Value {
    std::thread::scope(|scope| {
        // It is over when that goes, also when it fails.
        let (collecting, until) = channel::<()>();
        let pushing = scope.spawn(move || {
            let mut pushed = Vec::new();
            while pushed.len() < 3 || until.try_recv() != Err(TryRecvError::Disconnected) {
                let tag = format!("pushed-{}", pushed.len());
                let image = server.push_image("a/pushed", &tag, "amd64");
                pushed.push((tag, image));
            }
            pushed
        });
        let told = collect();
        drop(collecting);
        for (tag, image) in pushing.join().unwrap() {
            assert_eq!(server.whole_image("a/pushed", &tag), image);
        }
        told
    })
}

fn by_command(section: &Value) -> Value {
    let scratch = Scratch::new();
    let config = scratch.join("config.yml");
    let text = json!({"version": 0.1, "storage": {"s3": section}}).to_string();
    std::fs::write(&config, text).unwrap();
    let run = Run::program(wharf()).words("garbage-collect --json --grace");
    run.arg(GRACE).arg(config).limit(LIMIT).ok().json()
}

fn by_a_server(section: &Value) -> Value {
    let server = Configuration::default()
        .set("storage", json!({"s3": section}))
        .set("wharfinger.collection.grace", json!(GRACE))
        .start();
    let http: Http = server.http();
    let last = || http.get("/v2/_wharfinger/collection").expect(200).json()["last"].clone();
    let before = last();
    http.post("/v2/_wharfinger/collection").expect(202);
    let began = Instant::now();
    loop {
        let told = last();
        if told != before {
            return told;
        }
        assert!(began.elapsed() < LIMIT, "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn assert_gone(server: &Server, image: &Manifest) {
    for blob in image.blobs() {
        let blob = format!("/v2/a/b/blobs/{}", blob.digest);
        server.http().head(&blob).expect(404);
    }
}

/// A bucket's clock tells whole seconds.
fn wait_for_the_grace() {
    std::thread::sleep(Duration::from_secs(7));
}

/// Longer than a push: without one, layers go that were pushed just before, and whose manifest
/// comes just after.
const GRACE: &str = "5s";
const LIMIT: Duration = Duration::from_secs(240);
