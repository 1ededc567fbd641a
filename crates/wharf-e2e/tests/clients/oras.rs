//! ORAS.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;
use wharf_e2e::{digest, noise};

use crate::fixture::server;

fn oras(words: &str) -> Run {
    Run::tool("oras").words(words).arg("--plain-http")
}

/// Pushes an artifact of two files from `scratch`.
fn push(scratch: &Scratch, artifact: &str) {
    fs::write(scratch.join("text"), "an artifact by oras").unwrap();
    fs::write(scratch.join("noise"), noise::bytes(5, 200_000)).unwrap();
    oras("push")
        .words("--artifact-type application/vnd.example.thing")
        .directory(scratch.path())
        .args([artifact, "text:text/plain", "noise"])
        .ok();
}

/// The digests of what is attached to `subject`, by artifact type.
fn discovered(subject: &str) -> Vec<String> {
    let found = oras("discover")
        .words("--format json")
        .arg(subject)
        .ok()
        .json();
    let list = found["referrers"].as_array().unwrap();
    list.iter()
        .map(|one| one["digest"].as_str().unwrap().to_owned())
        .collect()
}

fn name(server: &Server, rest: &str) -> String {
    format!("{}/oras/{rest}", server.host())
}

#[test]
fn push_pull() {
    let (server, scratch) = (server(), Scratch::new());
    let artifact = name(&server, "artifact:1");
    push(&scratch, &artifact);
    let stored = server.whole_image("oras/artifact", "1");
    assert_eq!(
        stored.json()["artifactType"],
        "application/vnd.example.thing"
    );
    let output = scratch.join("pulled");
    oras("pull")
        .arg("--output")
        .arg(&output)
        .arg(&artifact)
        .ok();
    for file in ["text", "noise"] {
        let sent = fs::read(scratch.join(file)).unwrap();
        assert_eq!(fs::read(output.join(file)).unwrap(), sent, "{file}");
    }
    oras("tag").args([&artifact, "2", "3"]).ok();
    let tags = oras("repo tags");
    assert_eq!(
        tags.arg(name(&server, "artifact")).ok().lines(),
        ["1", "2", "3"]
    );
    let repositories = oras("repo ls");
    let listed = repositories.arg(server.host()).ok().lines();
    assert!(listed.contains(&"oras/artifact".to_owned()), "{listed:?}");
}

#[test]
fn attach_discover_copy() {
    let (server, scratch) = (server(), Scratch::new());
    let subject = name(&server, "subject:1");
    push(&scratch, &subject);
    let pushed = server.manifest("oras/subject", "1");
    oras("attach")
        .words("--artifact-type application/vnd.example.signature")
        .directory(scratch.path())
        .args([&subject, "text:text/plain"])
        .ok();
    let attached = discovered(&subject);
    assert_eq!(attached.len(), 1);
    if server.kind().is_complete() {
        let fallback = pushed.digest.replace(':', "-");
        assert!(!server.has_manifest("oras/subject", &fallback));
    }

    let copy = name(&server, "subject-copy:1");
    Run::tool("oras")
        .words("copy --recursive --from-plain-http --to-plain-http")
        .args([&subject, &copy])
        .ok();
    assert_eq!(server.whole_image("oras/subject-copy", "1"), pushed);
    assert_eq!(discovered(&copy), attached);
    for digest in attached {
        let _ = server.whole_image("oras/subject-copy", &digest);
    }
}

#[test]
fn manifests() {
    let (server, scratch) = (server(), Scratch::new());
    let artifact = name(&server, "manifests:1");
    push(&scratch, &artifact);
    let stored = server.manifest("oras/manifests", "1");
    let fetched = oras("manifest fetch");
    assert_eq!(fetched.arg(&artifact).ok().stdout, stored.body);
    let descriptor = oras("manifest fetch").words("--descriptor");
    assert_eq!(
        descriptor.arg(&artifact).ok().json()["digest"],
        stored.digest
    );
    let file = scratch.join("manifest.json");
    fs::write(&file, &stored.body).unwrap();
    let again = name(&server, "manifests:2");
    oras("manifest push").arg(again).arg(&file).ok();
    assert_eq!(server.tags("oras/manifests"), ["1", "2"]);
    let delete = oras("manifest delete").words("--force");
    delete.arg(&artifact).ok();
    assert!(!server.has_manifest("oras/manifests", &stored.digest));
    assert!(!server.has_manifest("oras/manifests", "2"));
}

#[test]
fn blobs() {
    let (server, scratch) = (server(), Scratch::new());
    let content = noise::bytes(9, 50_000);
    let file = scratch.join("blob");
    fs::write(&file, &content).unwrap();
    let repository = name(&server, "blobs");
    oras("blob push").arg(&repository).arg(&file).ok();
    let blob = format!("{repository}@{}", digest::sha256(&content));
    let fetch = oras("blob fetch").words("--output -");
    assert_eq!(fetch.arg(&blob).ok().stdout, content);
    let delete = oras("blob delete").words("--force");
    delete.arg(&blob).ok();
    assert!(!server.has_blob("oras/blobs", &digest::sha256(&content)));
}

/// distribution verifies sha512 and then goes on with sha256: only ours keeps it.
#[test]
fn sha512() {
    let (server, scratch) = (server(), Scratch::new());
    if !server.kind().is_complete() {
        return;
    }
    let content = noise::bytes(10, 50_000);
    let file = scratch.join("blob");
    fs::write(&file, &content).unwrap();
    let digest = digest::sha512(&content);
    let blob = format!("{}@{digest}", name(&server, "sha512"));
    oras("blob push").arg(&blob).arg(&file).ok();
    assert_eq!(server.blob("oras/sha512", &digest), content);
    let fetch = oras("blob fetch").words("--output -");
    assert_eq!(fetch.arg(&blob).ok().stdout, content);
}
