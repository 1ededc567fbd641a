//! Every word on registries that others wrote, and where somebody has to log in.

use serde_json::{Value, json};
use wharf_e2e::configured::Configuration;
use wharf_e2e::contents::Manifest;
use wharf_e2e::digest;
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup};
use wharf_e2e::token_server::TokenServer;

use super::wharf;

/// All words, in the order in which they need each other.
fn all(kind: Kind) {
    let server = Setup::of(kind).start();
    let index = server.push_index("team/app", "1");
    let name = |tag: &str| format!("{}/team/app{tag}", server.host());
    assert_eq!(wharf("ls").arg(server.host()).ok().lines(), ["team/app"]);
    assert_eq!(wharf("ls").arg(name("")).ok().lines().len(), 3);
    assert_eq!(wharf("ls --long").arg(name("")).ok().lines().len(), 4);
    assert_eq!(wharf("digest").arg(name(":1")).ok().text(), index.digest);
    let amd = wharf("digest --platform linux/amd64").arg(name(":1")).ok();
    assert_eq!(amd.text(), index.children()[0].digest);
    let manifest = wharf("manifest get").arg(name(":1")).ok().stdout;
    assert_eq!(manifest, index.body);
    let config = wharf("config --platform linux/arm64").arg(name(":1")).ok();
    assert_eq!(config.json()["architecture"], "arm64");

    let put = wharf("blob put").args([&name(""), "-"]).input("content");
    let blob = put.ok().text();
    assert_eq!(blob, digest::sha256(b"content"));
    let blob = name(&format!("@{blob}"));
    assert_eq!(wharf("blob head").arg(&blob).ok().text(), "7 bytes (7 B)");
    assert_eq!(wharf("blob get").arg(&blob).ok().text(), "content");
    wharf("blob delete --yes").arg(&blob).ok();
    wharf("blob head").arg(&blob).exits(3);

    let put = wharf("manifest put")
        .args([&name(":2"), "-"])
        .input(manifest);
    assert_eq!(put.ok().text(), index.digest);
    wharf("tag").args([&name(":2"), "3", "4"]).ok();
    assert_eq!(wharf("digest").arg(name(":4")).ok().text(), index.digest);
    refer(&server.manifest("team/app", "1-amd64"), &name);
    rm(kind, &index, &name);

    let scratch = Scratch::new();
    let root = scratch.join("root");
    wharf("unpack --quiet")
        .arg(name(":1-amd64"))
        .arg(&root)
        .ok();
    assert_eq!(root.join("noise").metadata().unwrap().len(), 100_000);
    wharf("diff")
        .args([name(":1-amd64"), name(":1-amd64")])
        .exits(0);
    wharf("diff")
        .args([name(":1-amd64"), name(":1-arm64")])
        .exits(1);
}

/// Where the registry knows of no referrers, the client lists them under a tag.
fn refer(subject: &Manifest, name: &dyn Fn(&str) -> String) {
    wharf("blob put").args([&name(""), "-"]).input("{}").ok();
    let empty = json!({
        "mediaType": "application/vnd.oci.empty.v1+json", "digest": digest::sha256(b"{}"),
        "size": 2,
    });
    let subject = json!({
        "mediaType": subject.media_type, "digest": subject.digest, "size": subject.body.len(),
    });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_IMAGE, "artifactType": "application/x", "config": empty,
        "layers": [empty], "subject": subject,
    })
    .to_string();
    let digest = digest::sha256(manifest.as_bytes());
    let at = name(&format!("@{digest}"));
    wharf("manifest put").args([&at, "-"]).input(manifest).ok();
    let told = wharf("referrers").arg(name(":1-amd64")).ok().lines();
    assert!(
        told[1].starts_with(&format!("└── application/x  {digest}  ")),
        "{told:?}"
    );
    let json: Value = wharf("referrers --json").arg(name(":1-amd64")).ok().json();
    assert_eq!(json["referrers"][0]["digest"], digest);
}

/// distribution 2.8 deletes no tags.
fn rm(kind: Kind, index: &Manifest, name: &dyn Fn(&str) -> String) {
    let rm = || wharf("rm --yes").arg(name(":4"));
    match kind {
        Kind::Wharf | Kind::V3 => {
            rm().ok();
            assert_eq!(wharf("digest").arg(name(":3")).ok().text(), index.digest);
        }
        Kind::Debian => {
            let told = rm().exits(1);
            let advice = format!("`wharf rm {}@{}`", name(""), index.digest);
            assert!(told.stderr.contains(&advice), "{told:#?}");
        }
    }
    wharf("rm --yes")
        .arg(name(&format!("@{}", index.digest)))
        .ok();
    wharf("digest").arg(name(":3")).exits(3);
}

#[test]
fn ours() {
    all(Kind::Wharf);
}

#[test]
fn distribution_2_8() {
    all(Kind::Debian);
}

#[test]
fn distribution_v3() {
    all(Kind::V3);
}

#[test]
fn where_nothing_may_be_deleted_it_is_said_what_to_do() {
    for kind in [Kind::Wharf, Kind::Debian, Kind::V3] {
        let server = Setup::of(kind).no_deletion().start();
        let image = server.push_image("app", "1", "amd64");
        let name = format!("{}/app@{}", server.host(), image.digest);
        let told = wharf("rm --yes").arg(&name).exits(1);
        assert!(
            told.stderr.contains("storage.delete.enabled"),
            "{kind:?}: {told:#?}"
        );
        let tag = wharf("rm --yes")
            .arg(format!("{}/app:1", server.host()))
            .exits(1);
        assert!(tag.stderr.contains("deletes no tags"), "{kind:?}: {tag:#?}");
        assert_eq!(wharf("digest").arg(&name).ok().text(), image.digest);
    }
}

#[test]
fn with_tokens() {
    let tokens = TokenServer::start();
    let token = json!({
        "realm": tokens.realm(),
        "service": "registry.test",
        "issuer": TokenServer::ISSUER,
        "rootcertbundle": tokens.certificate(),
    });
    let registry = Configuration::default()
        .set("auth", json!({"token": token}))
        .set("storage.delete.enabled", json!(true))
        .start();
    let name = |rest: &str| format!("{}/docker/app{rest}", registry.host());
    let creds = format!("docker:{}", tokens.password());
    let ours = |words: &str| wharf(words).args(["--creds", &creds]);
    wharf("blob put")
        .args([&name(""), "-"])
        .input("{}")
        .exits(4);

    let blob = ours("blob put")
        .args([&name(""), "-"])
        .input("{}")
        .ok()
        .text();
    let config = json!({
        "mediaType": "application/vnd.oci.image.config.v1+json", "digest": blob, "size": 2,
    });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_IMAGE, "config": config, "layers": [],
    })
    .to_string();
    let put = ours("manifest put").args([&name(":1"), "-"]);
    let digest = put.input(manifest.clone()).ok().text();
    let by_digest = name(&format!("@{digest}"));
    assert_eq!(ours("ls").arg(registry.host()).ok().lines(), ["docker/app"]);
    assert_eq!(ours("ls --long").arg(name("")).ok().lines().len(), 2);
    assert_eq!(ours("digest").arg(name(":1")).ok().text(), digest);
    assert_eq!(ours("manifest get").arg(name(":1")).ok().text(), manifest);
    assert_eq!(ours("config").arg(name(":1")).ok().text(), "{}");
    assert_eq!(
        ours("blob get").arg(name(&format!("@{blob}"))).ok().text(),
        "{}"
    );
    ours("tag").args([&name(":1"), "2"]).ok();
    ours("referrers").arg(name(":1")).ok();
    ours("rm --yes").arg(name(":2")).ok();
    ours("rm --yes").arg(&by_digest).ok();
    ours("digest").arg(name(":1")).exits(3);

    // Whoever it is may not see what is others'.
    let others = format!("{}/others/app:1", registry.host());
    let denied = ours("digest").arg(&others).exits(4);
    assert!(denied.stderr.contains("may not do that"), "{denied:#?}");
    let nobody = wharf("digest").arg(name(":1")).exits(4);
    assert!(nobody.stderr.contains("log in"), "{nobody:#?}");
    let wrong = wharf("digest --creds docker:guessed").arg(name(":1"));
    wrong.exits(4);
}
