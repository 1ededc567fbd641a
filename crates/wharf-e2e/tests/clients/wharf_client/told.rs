//! What is told of a copy: events, lines, bars, or the digest alone.

use std::time::Duration;

use serde_json::Value;
use wharf_e2e::between::{Between, Fate};
use wharf_e2e::server::Server;

use super::{Client, push_noise};

const LAYERS: [usize; 2] = [300_000, 200_000];

#[test]
fn events_are_json() {
    let server = Server::wharf();
    let digest = push_noise(&server, "app", "1", &LAYERS);
    let client = Client::new();
    let name = format!("{}/app:1", server.host());
    let told = client.told(&format!("pull --json {name}"));
    let names = |told: &[Value]| -> Vec<String> {
        told.iter()
            .map(|it| it["event"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut sorted = names(&told);
    sorted.retain(|name| name != "progress");
    assert_eq!(sorted[0], "planned");
    sorted.sort();
    let expected = [
        "begun", "begun", "begun", "copied", "done", "done", "done", "manifest", "planned",
    ];
    assert_eq!(sorted, expected);
    assert_eq!(told[0]["blobs"], 3);
    assert_eq!(told[0]["manifests"], 1);
    let done: u64 = told
        .iter()
        .filter(|it| it["event"] == "done")
        .map(|it| it["size"].as_u64().unwrap())
        .sum();
    assert_eq!(told[0]["bytes"], done);
    let last = told.last().unwrap();
    let fields = last.as_object().unwrap().keys();
    let mut fields: Vec<_> = fields.map(String::as_str).collect();
    fields.sort_unstable();
    let expected = [
        "bytes",
        "digest",
        "event",
        "from",
        "mediaType",
        "mounted",
        "rewrittenFrom",
        "size",
        "skipped",
        "stored",
        "to",
    ];
    assert_eq!(fields, expected);
    assert_eq!(
        (&last["from"], &last["to"]),
        (&Value::from(name), &Value::from("oci:app:1"))
    );
    assert_eq!(last["digest"], digest);
}

#[test]
fn quiet_is_the_digest_alone() {
    let server = Server::wharf();
    let digest = push_noise(&server, "app", "1", &LAYERS);
    let client = Client::new();
    let done = client.run(&format!("pull -q {}/app:1", server.host()));
    assert_eq!(
        (done.stdout, done.stderr),
        (format!("{digest}\n"), String::new())
    );
}

#[test]
fn without_a_terminal_there_are_lines() {
    let server = Server::wharf();
    let digest = push_noise(&server, "app", "1", &LAYERS);
    let client = Client::new();
    let name = format!("{}/app:1", server.host());
    let blobs = server.manifest("app", "1").blobs();
    let done = client.run(&format!("pull {name}"));
    assert_eq!(done.stderr.lines().count(), 5, "{done:#?}");
    let largest = blobs.iter().find(|it| it.size == 300_000).unwrap();
    let line = format!("\n{}: done, 293.0 KiB\n", largest.digest);
    assert!(done.stderr.contains(&line), "{done:#?}");
    let config = blobs.iter().map(|it| it.size).sum::<u64>() - 500_000;
    let expected = format!(
        "copied {name} to oci:app:1\ndigest {digest}\n3 blobs written ({:.1} KiB)\n",
        (500_000 + config) as f64 / 1024.0
    );
    assert_eq!(done.stdout, expected);
    let again = client.run(&format!("pull {name}"));
    assert!(
        again
            .stdout
            .ends_with("\n0 blobs written (0 B), 3 there already\n"),
        "{again:#?}"
    );
    // Where standard output is the archive, nothing else is.
    let saved = client.shell(&format!("wharf save --json {name} | tar -t"));
    assert_eq!(saved.code, Some(0), "{saved:#?}");
    assert!(saved.stdout.contains("manifest.json"), "{saved:#?}");
    assert!(saved.stderr.contains("\"event\":\"copied\""), "{saved:#?}");
}

#[test]
fn on_a_terminal_there_are_bars_that_go_away() {
    let server = Server::wharf();
    push_noise(&server, "app", "1", &LAYERS);
    let between = Between::start(server.host());
    between.decide(|head, _| match head.starts_with("get /v2/app/blobs/") {
        true => Fate::Delayed(Duration::from_millis(700)),
        false => Fate::Answered,
    });
    let client = Client::new();
    let line = format!(
        "script -qec 'stty cols 60 rows 20; wharf pull {}/app:1' /dev/null",
        between.address()
    );
    let done = client.shell(&line);
    assert_eq!(done.code, Some(0), "{done:#?}");
    let text = done.stdout;
    assert!(text.contains("0 of 3 blobs"), "{text:?}");
    // One for each blob, and one for all of them.
    assert!(text.contains("\x1b[4A\r\x1b[J"), "{text:?}");
    let (_, after) = text.rsplit_once("\x1b[J").unwrap();
    assert!(after.starts_with("copied "), "{text:?}");
    let drawn = text
        .lines()
        .filter(|line| line.contains(" of ") && line.contains('['));
    for line in drawn {
        let line = line.rsplit("\x1b[J").next().unwrap();
        assert!(line.trim_end().chars().count() < 60, "{line:?}");
    }
}
