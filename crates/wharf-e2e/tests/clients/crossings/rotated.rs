//! A key is rotated while clients push.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configured;
use wharf_e2e::digest::sha256;
use wharf_e2e::publish::OCI_INDEX;
use wharf_e2e::server::wharf;

use super::{issuing, refresh, text, token};
use crate::authorization_server::comes;

const CLIENTS: usize = 4;
const ROTATIONS: usize = 4;

fn index(note: &str) -> String {
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [],
           "annotations": {"note": note}})
    .to_string()
}

/// Pushes and pulls until it is over; with each token for a while, as clients do.
fn client(server: &Configured, name: usize, is_over: &AtomicBool, done: &AtomicUsize) {
    let http = server.http();
    let answer = super::ask(
        &http,
        Some(("ann", "secret")),
        "offline_token=true&client_id=test",
    );
    let kept = text(&answer, "refresh_token");
    let scope = format!("repository:load/{name}:pull,push");
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        let answer = refresh(&http, &kept, &scope);
        assert_eq!(answer.status, 200, "{answer:#?}");
        let token = format!("Bearer {}", text(&answer, "access_token"));
        // Some clients use one for as long as it is good, others ask each time.
        for _ in 0..=10 * name {
            let body = index(&format!("{name} {number}"));
            let target = format!("/v2/load/{name}/manifests/{number}");
            let put = http.put(&target).header("Content-Type", OCI_INDEX);
            let put = put.header("Authorization", &token).body(body.clone());
            put.expect(201);
            let get = http.get(&target).header("Authorization", &token);
            let got = get.header("Accept", OCI_INDEX).expect(200);
            let digest = got.header("docker-content-digest");
            assert_eq!(digest, sha256(body.as_bytes()));
            number += 1;
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Names of the keys that are published.
fn published(server: &Configured) -> Vec<String> {
    let keys = server.http().get("/auth/keys").expect(200).json();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key: &Value| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn nobody_is_refused_while_keys_are_rotated() {
    let (configuration, _files) = issuing();
    let server = configuration.start();
    let first = token(
        &server.http(),
        Some(("ann", "secret")),
        "scope=repository:load/0:pull",
    );
    let (is_over, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    /// Ends the others too when this thread fails.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    thread::scope(|scope| {
        let _over = Over(&is_over);
        for name in 0..CLIENTS {
            let (server, is_over, done) = (&server, &is_over, &done);
            scope.spawn(move || client(server, name, is_over, done));
        }
        for number in 1..=ROTATIONS {
            let before = done.load(Ordering::Relaxed);
            let rotate = Run::program(wharf()).words("auth rotate --now");
            rotate.arg(server.directory().join("config.yml")).ok();
            comes(|| published(&server).len() == number + 1);
            comes(|| done.load(Ordering::Relaxed) > before + 20);
        }
    });
    assert!(done.load(Ordering::Relaxed) >= 20 * ROTATIONS);
    // Not even who still has the very first token.
    let http = server.http();
    let path = "/v2/load/0/tags/list";
    assert_eq!(super::status(&http, "GET", path, &first), 200);
}

/// Clients that are refused ask for another token, and are let in with it.
#[test]
fn whoever_asks_again_is_let_in_after_keys_were_revoked() {
    let (configuration, _files) = issuing();
    let server = configuration.start();
    let http = server.http();
    let answer = super::ask(
        &http,
        Some(("ann", "secret")),
        "offline_token=true&client_id=test&scope=repository:a:pull",
    );
    let (first, kept) = (text(&answer, "token"), text(&answer, "refresh_token"));
    let path = "/v2/a/tags/list";
    assert_eq!(super::status(&http, "GET", path, &first), 404);
    let rotate = Run::program(wharf()).words("auth rotate --revoke");
    rotate.arg(server.directory().join("config.yml")).ok();
    comes(|| super::status(&http, "GET", path, &first) == 401);
    let second = text(&refresh(&http, &kept, "repository:a:pull"), "token");
    assert_eq!(super::status(&http, "GET", path, &second), 404);
    assert_eq!(published(&server).len(), 1);
}
