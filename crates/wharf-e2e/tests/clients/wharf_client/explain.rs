//! `--explain`: what it prints is a script, which does the same.

use std::path::Path;

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::digest;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;

use super::{Client, Done, HASH, done};

/// A registry that wants tokens, which it gives to ann, whose password is `secret`.
pub(super) struct Guarded {
    pub(super) server: Configured,
    _accounts: Scratch,
}

// === impl Guarded ===

impl Guarded {
    pub(super) fn start() -> Self {
        let accounts = Scratch::new();
        let htpasswd = accounts.join("htpasswd");
        std::fs::write(&htpasswd, format!("ann:{HASH}\n")).unwrap();
        let server = Configuration::default()
            .set(
                "auth.htpasswd",
                json!({"realm": "Registry", "path": htpasswd}),
            )
            .set("wharfinger.auth.directory", json!("{scratch}/auth"))
            .set("wharfinger.auth.server", json!({"expiration": "2m"}))
            .start();
        Self {
            server,
            _accounts: accounts,
        }
    }

    pub(super) fn host(&self) -> &str {
        self.server.host()
    }
}

/// What bash makes of a script, in a directory of its own.
fn bash(client: &Client, directory: &str, script: &str) -> Done {
    let directory = client.path().join(directory);
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("script"), script).unwrap();
    let bash = Run::program("bash").words("-euo pipefail script");
    done(bash.directory(&directory).env("WHARF_PASSWORD", "secret"))
}

/// The documents that a script left, by digest.
fn documents(directory: &Path) -> Vec<String> {
    let files = std::fs::read_dir(directory).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| !path.ends_with("script"));
    let mut digests: Vec<_> = files
        .map(|path| digest::sha256(&std::fs::read(path).unwrap()))
        .collect();
    digests.sort();
    digests
}

/// Those of a layout.
fn blobs(client: &Client, layout: &str) -> Vec<String> {
    let directory = client.path().join(layout).join("blobs/sha256");
    let files = std::fs::read_dir(directory).unwrap();
    let mut digests: Vec<_> = files
        .map(|file| format!("sha256:{}", file.unwrap().file_name().display()))
        .collect();
    digests.sort();
    digests
}

#[test]
fn an_explained_pull_can_be_made_by_hand() {
    let open = Server::wharf();
    let _ = open.push_index("app", "1");
    let guarded = Guarded::start();
    let (host, from) = (guarded.host(), open.host());
    let client = Client::new();
    let creds = format!("--creds {host}=ann:secret");
    client.ok(&format!("copy {creds} {from}/app:1 {host}/team/app:1"));
    let script = client.ok(&format!(
        "pull --explain {creds} {host}/team/app:1 oci:pulled:1"
    ));
    assert!(!script.contains("secret"), "{script}");
    for told in [
        "# 1. manifest 1: what the tag stands for",
        "→ 401: wants to see Bearer realm=",
        "# 2. token: allows repository:team/app:pull (with the password)",
        "an index: a manifest for each platform, sha256:",
        "manifest for linux/amd64, from the index (with a token)",
        "an image manifest: its config and its layers, sha256:",
        "config: how to run it, and the DiffIDs of its layers",
        "layer 1 of 2",
        "layer 2 of 2",
    ] {
        assert!(script.contains(told), "{told}: {script}");
    }
    let made = bash(&client, "by-hand", &script);
    assert_eq!(made.code, Some(0), "{script}\n{made:#?}");
    assert_eq!(
        documents(&client.path().join("by-hand")),
        blobs(&client, "pulled")
    );
    // Without the password nothing is done.
    let bare = client.command("bash").arg("by-hand/script");
    let bare = done(bare.without("WHARF_PASSWORD"));
    assert!(
        bare.stderr
            .contains("WHARF_PASSWORD: is to be the password"),
        "{bare:#?}"
    );
}

#[test]
fn an_explained_push_can_be_made_by_hand() {
    let open = Server::wharf();
    let index = open.push_index("app", "1");
    let client = Client::new();
    client.ok(&format!("pull {}/app:1 oci:pulled:1", open.host()));
    let (first, second) = (Guarded::start(), Guarded::start());
    let host = first.host();
    let script = client.ok(&format!(
        "push --explain --creds ann:secret {host}/team/app:1 oci:pulled:1"
    ));
    // Another registry, which has nothing yet.
    let script = script.replace(host, second.host());
    let script = script.replace("BLOBS=pulled/", "BLOBS=../pulled/");
    let made = bash(&client, "by-hand", &script);
    assert_eq!(made.code, Some(0), "{script}\n{made:#?}");
    let name = format!("{}/team/app:1", second.host());
    client.ok(&format!("pull --creds ann:secret {name} oci:back:1"));
    assert_eq!(blobs(&client, "back"), blobs(&client, "pulled"));
    assert!(blobs(&client, "back").contains(&index.digest));
}

#[test]
fn who_needs_no_token_sees_none() {
    let far = Server::wharf();
    let _ = far.push_index("app", "1");
    let client = Client::new();
    let pulled = format!("pull --explain {}/app:1 oci:pulled:1", far.host());
    let script = client.ok(&pulled);
    // Nobody had to say who is asking.
    assert!(
        !script.contains("WHARF_") && !script.contains("→ 401"),
        "{script}"
    );
    let made = bash(&client, "by-hand", &script);
    assert_eq!(made.code, Some(0), "{script}\n{made:#?}");
    // All was there already, but for the manifests.
    let again = client.ok(&pulled);
    assert!(again.contains("what the tag stands for"), "{again}");
    assert!(!again.contains("layer 1"), "{again}");
}
