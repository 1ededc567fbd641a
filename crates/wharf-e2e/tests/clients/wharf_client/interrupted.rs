//! Ctrl-C: the same command goes on where it stopped.

use serde_json::json;
use wharf_e2e::between::{Between, Fate};
use wharf_e2e::server::Server;

use super::{Client, Done, copied, push_noise};

const LAYERS: [usize; 3] = [3_000_000, 200_000, 100_000];

/// Requests of a kind for blobs.
fn of_blobs(between: &Between, method: &str) -> Vec<String> {
    let begin = format!("{method} /v2/app/blobs/");
    let asked = between.asked().into_iter();
    asked.filter(|head| head.starts_with(&begin)).collect()
}

#[test]
fn a_pull_fetches_no_whole_blob_twice() {
    let server = Server::wharf();
    push_noise(&server, "app", "1", &LAYERS);
    let image = server.manifest("app", "1");
    let blobs = image.blobs();
    let largest = blobs
        .iter()
        .max_by_key(|it| it.size)
        .unwrap()
        .digest
        .clone();
    let between = Between::start(server.host());
    let held = largest.clone();
    between.decide(move |head, _| match head.contains(&held) {
        true => Fate::AnswerHeld(1_000_000),
        false => Fate::Answered,
    });
    let client = Client::new();
    let line = format!("pull --json {}/app:1", between.address());
    let layout = client.path().join("app/blobs/sha256");
    let is_there = |digest: &str| {
        layout
            .join(digest.strip_prefix("sha256:").unwrap())
            .exists()
    };
    let others = || blobs.iter().filter(|it| it.digest != largest);
    let is_begun = || {
        let written = std::fs::read_dir(client.path().join("app")).unwrap();
        let mut written = written.map(Result::unwrap);
        written.any(|entry| {
            let name = entry.file_name();
            let size = entry.metadata().map_or(0, |it| it.len());
            name.as_encoded_bytes().starts_with(b".") && size > 0
        })
    };
    let given_up = client
        .start(&line)
        .interrupted_when(|| others().all(|it| is_there(&it.digest)) && is_begun());
    let given_up = Done::of(given_up);
    assert_eq!(given_up.code, Some(130), "{given_up:#?}");
    let advice = "run the same command again to finish";
    assert!(given_up.stderr.contains(advice), "{given_up:#?}");
    assert!(!is_there(&largest));
    // What is there is a layout, and has no image yet.
    let nothing = client.run("inspect oci:app");
    assert_eq!(nothing.code, Some(3), "{nothing:#?}");

    between.decide(|_, _| Fate::Answered);
    between.forget();
    let told = client.told(&line);
    let last = copied(&told);
    assert_eq!(
        (&last["stored"], &last["skipped"]),
        (&json!(1), &json!(3)),
        "{last:#}"
    );
    let asked = of_blobs(&between, "get");
    // And of that one, what had not come.
    let is_rest = |head: &String| head.contains(&largest) && head.contains("\r\nrange: bytes=");
    assert!(asked.iter().all(is_rest), "{asked:#?}");
    assert_eq!(last["digest"], image.digest);
    let left = std::fs::read_dir(client.path().join("app")).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["blobs", "index.json", "oci-layout"]);
}

#[test]
fn a_push_sends_no_whole_blob_twice() {
    let (from, to) = (Server::wharf(), Server::wharf());
    let digest = push_noise(&from, "app", "1", &LAYERS);
    let client = Client::new();
    client.ok(&format!("pull {}/app:1", from.host()));
    let between = Between::start(to.host());
    let size = format!("content-length: {}\r\n", LAYERS[0]);
    between.decide(move |head, _| match head.contains(&size) {
        true => Fate::AnswerHeld(0),
        false => Fate::Answered,
    });
    let line = format!("push --json {}/app:1", between.address());
    let image = from.manifest("app", "1");
    let is_there = |digest: &str| {
        let call = to.http().head(&format!("/v2/app/blobs/{digest}"));
        call.send().status == 200
    };
    let blobs = image.blobs();
    let others = || blobs.iter().filter(|it| it.size != LAYERS[0] as u64);
    let started = client.start(&line);
    let given_up = Done::of(started.interrupted_when(|| others().all(|it| is_there(&it.digest))));
    assert_eq!(given_up.code, Some(130), "{given_up:#?}");
    assert!(!to.has_manifest("app", "1"));

    between.decide(|_, _| Fate::Answered);
    between.forget();
    let told = client.told(&line);
    let last = copied(&told);
    assert_eq!(
        (&last["stored"], &last["skipped"]),
        (&json!(1), &json!(3)),
        "{last:#}"
    );
    assert_eq!(of_blobs(&between, "post").len(), 1);
    assert_eq!(to.whole_image("app", "1").digest, digest);
}
