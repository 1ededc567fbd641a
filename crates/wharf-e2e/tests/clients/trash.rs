//! `wharf repo`, `wharf tag` and `wharf trash`, beside a running server.

use std::fs;

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Server, wharf};

const APP: &str = "library/app";

/// A registry, and a configuration of its storage for commands, which keep what they delete.
struct Place {
    server: Server,
    scratch: Scratch,
}

impl Place {
    fn keeping(keep: &str) -> Self {
        let (server, scratch) = (Server::wharf(), Scratch::new());
        let config = json!({
            "version": 0.1,
            "storage": { "filesystem": { "rootdirectory": server.data() } },
            "wharfinger": { "trash": { "keep": keep } },
        });
        fs::write(scratch.join("config.yml"), config.to_string()).unwrap();
        Self { server, scratch }
    }

    fn command(&self, words: &str) -> Run {
        let run = Run::program(wharf()).words(words);
        run.arg("--config").arg(self.scratch.join("config.yml"))
    }

    fn told(&self, words: &str) -> Value {
        self.command(words).arg("--json").ok().json()
    }
}

#[test]
fn a_deleted_repository_leaves_the_catalog_and_comes_back() {
    let place = Place::keeping("1h");
    let server = &place.server;
    let image = server.push_image(APP, "latest", "amd64");
    let _ = server.push_image("library/app/nested", "latest", "arm64");
    let _ = server.push_index(APP, "all");
    let before = server.tags(APP);

    let refused = place.command("repo rm library/app").fails();
    assert!(refused.mentions("--yes"), "{}", refused.text());
    let deleted = place.told("repo rm library/app --yes");
    assert_eq!(deleted["tags"], before.len());
    assert_eq!(server.repositories(), ["library/app/nested"]);
    server
        .http()
        .get("/v2/library/app/manifests/latest")
        .expect(404);
    let _ = server.whole_image("library/app/nested", "latest");
    let again = place.command("repo rm library/app --yes").fails();
    assert!(again.mentions("there is no repository"), "{}", again.text());

    let trash = place.told("trash list");
    let id = trash["entries"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(trash["entries"][0]["what"], "repository");
    let restored = place.told(&format!("trash restore {id}"));
    assert_eq!(restored["lacking"], json!([]));
    assert_eq!(server.tags(APP), before);
    assert_eq!(server.whole_image(APP, "latest").digest, image.digest);
    let gone = place.command(&format!("trash restore {id}")).fails();
    assert!(gone.mentions("wharf trash list"), "{}", gone.text());
}

#[test]
fn a_tag_goes_back_to_what_it_pointed_to() {
    let place = Place::keeping("0s");
    let server = &place.server;
    let old = server.push_image(APP, "latest", "amd64").digest;
    let new = server.push_image(APP, "latest", "arm64").digest;
    let digests = || -> Vec<String> {
        let history = place.told("tag history library/app:latest");
        let history = history.as_array().unwrap().clone();
        let digest = |past: Value| past["digest"].as_str().unwrap().to_owned();
        history.into_iter().map(digest).collect()
    };
    assert_eq!(digests(), [new.clone(), old.clone()]);
    place
        .command(&format!("tag restore library/app:latest@{old}"))
        .ok();
    assert_eq!(server.manifest(APP, "latest").digest, old);
    assert_eq!(digests(), [old.clone(), new]);
    let table = place.command("tag history library/app:latest").ok();
    assert!(table.mentions("can be restored"), "{}", table.text());

    place.command("tag rm library/app:latest").ok();
    assert!(!server.has_manifest(APP, "latest"));
    assert!(server.has_manifest(APP, &old));
    for words in [
        "tag rm library/app:latest",
        "tag history library/app:latest",
    ] {
        let unknown = place.command(words).fails();
        assert!(unknown.mentions("there is no tag"), "{}", unknown.text());
    }
    let unknown = format!("library/app:latest@sha256:{}", "0".repeat(64));
    let refused = place.command(&format!("tag restore {unknown}")).fails();
    assert!(refused.mentions("does not hold"), "{}", refused.text());
}

#[test]
fn the_trash_can_be_emptied() {
    let place = Place::keeping("7d");
    for tag in ["a", "b", "c"] {
        let _ = place.server.push_image(APP, tag, "amd64");
        place.command(&format!("tag rm library/app:{tag}")).ok();
    }
    let entries = || {
        place.told("trash list")["entries"]
            .as_array()
            .unwrap()
            .clone()
    };
    let some = entries();
    let tags: Vec<_> = some
        .iter()
        .map(|entry| entry["some_tags"][0].clone())
        .collect();
    assert_eq!(tags, ["c", "b", "a"]);
    assert_eq!(place.told("trash empty --older-than 1h")["removed"], 0);
    let id = some[0]["id"].as_str().unwrap();
    assert_eq!(place.told(&format!("trash empty {id}"))["removed"], 1);
    assert_eq!(entries().len(), 2);
    let none = place.command("trash empty").fails();
    assert!(none.mentions("--all"), "{}", none.text());
    assert_eq!(place.told("trash empty --all")["removed"], 2);
    assert_eq!(entries().len(), 0);
}
