//! Who has no URL that the registry has signed has nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use wharf_e2e::configured::Configuration;
use wharf_e2e::noise;

use super::{SECRET, Scene, fetch, gets};

/// The parts of a URL.
fn parts(url: &str) -> (&str, &str, &str) {
    let (before, value) = url.split_once("?verify=").unwrap();
    let (end, signature) = value.split_once('-').unwrap();
    (before, end, signature)
}

#[test]
fn attack_only_a_signed_url_opens_a_blob() {
    let scene = Scene::start("edge/signed");
    let content = noise::bytes(1, 1000);
    let (url, other) = (scene.push(&content), scene.push(&noise::bytes(2, 1000)));
    let (before, end, signature) = parts(&url);
    let (other, _, _) = parts(&other);
    gets(&url, &content);
    let later = end.parse::<u64>().unwrap() + 1;
    let wrong = "A".repeat(signature.len());
    for forged in [
        before.to_owned(),
        format!("{before}?verify="),
        format!("{before}?verify={end}"),
        format!("{before}?verify={end}-"),
        format!("{before}?verify={end}-{wrong}"),
        format!("{before}?verify={later}-{signature}"),
        format!("{before}?verify={end}-{signature}%3D"),
        format!("{before}?verify={end}-{signature}&verify={end}-{signature}"),
        format!("{other}?verify={end}-{signature}"),
    ] {
        let answer = fetch(&forged);
        assert_eq!(answer.status, 403, "{forged}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let http = scene.http();
    http.head(before).expect(403);
    for method in ["PUT", "POST", "PATCH", "DELETE"] {
        let method = method.parse().unwrap();
        let answer = http.call(&method, &url).expect(405);
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    // What is in the log opens nothing.
    assert!(!scene.edge().log().contains(signature));
}

#[test]
fn nothing_else_is_there() {
    let scene = Scene::start("edge/nothing");
    let content = noise::bytes(1, 1000);
    let url = scene.push(&content);
    let (before, ..) = parts(&url);
    let (http, path) = (
        scene.http(),
        before.split_at(before.find("/docker").unwrap()).1,
    );
    http.get("/").expect(200);
    http.head("/").expect(200);
    http.post("/").expect(405);
    for path in [
        "/v2/",
        "/v2/_catalog",
        "/v2/a/b/blobs/",
        "/docker",
        "/docker/registry/v2/repositories/a/b/_uploads",
        "/wharfinger/state/v1/serving",
        "//",
        "/..",
        &path.replace("/data", "/link"),
        &path.replace("/v2/", "/v2//"),
        &path.replace("/v2/", "/v2/../v2/"),
        &path.replace("/docker", "/a/../docker"),
        &path.replace("/data", "%2fdata"),
        &path.to_uppercase(),
    ] {
        assert_eq!(http.get(path).send().status, 404, "{path}");
    }
}

#[test]
fn attack_a_url_that_has_ended_opens_nothing() {
    let scene = Scene::start("edge/ended");
    let content = noise::bytes(1, 1000);
    scene.push(&content);
    let registry = Configuration::default()
        .set("storage", json!({"s3": scene.bucket.section("edge/ended")}))
        .set(
            "wharfinger.edge.url",
            json!(format!("http://{}", scene.address)),
        )
        .set("wharfinger.edge.secrets", json!([SECRET]))
        .set("wharfinger.edge.expiry", json!("2s"))
        .start();
    let url = super::sent(&registry, &content);
    let end: u64 = parts(&url).1.parse().unwrap();
    gets(&url, &content);
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    while now() < end {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let answer = fetch(&url);
    assert_eq!(answer.status, 403);
    let said = String::from_utf8(answer.body).unwrap();
    assert!(said.contains("the URL has ended"), "{said}");
}

#[test]
fn one_secret_takes_the_place_of_another_while_clients_pull() {
    let (old, new) = (SECRET, "another secret for these tests");
    let mut scene = Scene::start("edge/rotation");
    let content = noise::bytes(1, 1000);
    let by_old = scene.push(&content);
    // First every edge learns of the new one, then the registry signs with it.
    scene.edge.take().unwrap().kill();
    scene.start_edge(|edge| edge.set("wharfinger.edge.secrets", json!([new, old])));
    gets(&by_old, &content);
    let section = scene.bucket.section("edge/rotation");
    let secrets = scene.cache.join("secrets");
    std::fs::write(&secrets, format!("{new}\n\n{old}\n")).unwrap();
    let registry = Configuration::default()
        .set("storage", json!({ "s3": section }))
        .set(
            "wharfinger.edge.url",
            json!(format!("http://{}", scene.address)),
        )
        .set(
            "wharfinger.edge.secretfile",
            json!(secrets.display().to_string()),
        )
        .start();
    let by_new = super::sent(&registry, &content);
    gets(&by_new, &content);
    gets(&by_old, &content);
    // In the end, the old one goes.
    scene.edge.take().unwrap().kill();
    scene.start_edge(|edge| edge.set("wharfinger.edge.secrets", json!([new])));
    gets(&by_new, &content);
    assert_eq!(fetch(&by_old).status, 403);
}
