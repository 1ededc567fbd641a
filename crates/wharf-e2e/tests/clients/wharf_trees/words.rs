//! Every word, on our own registry.

use std::fs;

use serde_json::{Value, json};
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;
use wharf_e2e::{digest, noise};

use super::wharf;
use crate::fixture::server;

#[test]
fn a_registry_and_a_repository_are_listed() {
    let server = Server::wharf();
    for repository in ["one/app", "two", "three"] {
        let _ = server.push_image(repository, "1", "amd64");
    }
    let _ = server.push_index("one/app", "2");
    let registry = wharf("ls").arg(server.host()).ok();
    assert_eq!(registry.lines(), ["one/app", "three", "two"]);
    let registry = wharf("ls --json").arg(format!("{}/", server.host())).ok();
    assert_eq!(registry.lines()[0], r#"{"repository":"one/app"}"#);

    let name = format!("{}/one/app", server.host());
    let tags = ["1", "2", "2-amd64", "2-arm64"];
    assert_eq!(wharf("ls").arg(&name).ok().lines(), tags);
    let long = wharf("ls --long").arg(&name).ok();
    let index = server.manifest("one/app", "2").digest;
    let line = long.lines().into_iter().find(|line| line.starts_with("2 "));
    let line = line.unwrap();
    assert!(
        line.contains(&index) && line.ends_with("linux/amd64,linux/arm64"),
        "{line}"
    );
    let long = wharf("ls --long --json").arg(&name).ok().lines();
    let long: Vec<Value> = long
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(long.iter().map(|row| &row["tag"]).collect::<Vec<_>>(), tags);
    assert_eq!(long[1]["digest"], index);
    assert_eq!(long[1]["platforms"][1]["platform"]["architecture"], "arm64");
    assert!(long[0]["size"].as_u64().unwrap() > 200_000);

    let told = wharf("ls").arg(format!("{name}:1")).exits(2);
    assert!(told.stderr.contains("leave out the tag"), "{told:#?}");
    wharf("ls")
        .arg(format!("{}/missing", server.host()))
        .exits(3);
}

#[test]
fn many_tags_come_in_pages() {
    let server = Server::wharf();
    let _ = server.push_image("pages", "0", "amd64");
    let name = format!("{}/pages", server.host());
    let tags: Vec<String> = (0..250).map(|number| format!("t{number:03}")).collect();
    wharf("tag").arg(format!("{name}:0")).args(&tags).ok();
    let listed = wharf("ls").arg(&name).ok().lines();
    assert_eq!(listed[0], "0");
    assert_eq!(listed[1..], tags);
}

#[test]
fn a_digest_is_told_of_an_index_and_of_its_images() {
    let server = server();
    let index = server.push_index("words/digest", "1");
    let name = format!("{}/words/digest:1", server.host());
    assert_eq!(wharf("digest").arg(&name).ok().text(), index.digest);
    let arm = wharf("digest --json --platform linux/arm64")
        .arg(&name)
        .ok()
        .json();
    assert_eq!(arm["digest"], index.children()[1].digest.as_str());
    assert_eq!(arm["size"], index.children()[1].size);
    let told = wharf("digest --json").arg(&name).ok().json();
    assert_eq!(told["mediaType"], index.media_type.as_str());
    assert_eq!(told["size"], index.body.len());
    wharf("digest")
        .arg(format!("{}/words/digest:2", server.host()))
        .exits(3);
}

#[test]
fn manifests_come_and_go_byte_for_byte() {
    let (server, scratch) = (server(), Scratch::new());
    let image = server.push_image("words/manifest", "1", "amd64");
    let name = |tag: &str| format!("{}/words/manifest{tag}", server.host());
    let got = wharf("manifest get").arg(name(":1")).ok().stdout;
    assert_eq!(got, image.body);
    let file = scratch.join("manifest.json");
    wharf("manifest get -o").arg(&file).arg(name(":1")).ok();
    assert_eq!(fs::read(&file).unwrap(), image.body);

    let put = wharf("manifest put").args([&name(":2"), "-"]).input(got);
    assert_eq!(put.ok().text(), image.digest);
    assert_eq!(server.manifest("words/manifest", "2"), image);
    let other = json!({"schemaVersion": 2, "config": image.json()["config"], "layers": []});
    fs::write(&file, other.to_string()).unwrap();
    let put = || wharf("manifest put --json").arg(name(":3")).arg(&file);
    let told = put().ok().json();
    assert_eq!(told["mediaType"], OCI_IMAGE);
    let digest = format!("@{}", told["digest"].as_str().unwrap());
    // A digest that the bytes do not have.
    let wrong = name(&format!("@{}", image.digest));
    wharf("manifest put").arg(&wrong).arg(&file).exits(5);

    let delete = wharf("manifest delete").arg(name(&digest)).exits(1);
    assert!(delete.stderr.contains("use --yes"), "{delete:#?}");
    wharf("manifest delete --yes").arg(name(&digest)).ok();
    assert_eq!(server.tags("words/manifest"), ["1", "2"]);
    wharf("manifest delete --yes").arg(name(&digest)).exits(3);
    wharf("manifest delete --yes").arg(name(":1")).exits(2);
}

#[test]
fn blobs_come_and_go() {
    let (server, scratch) = (server(), Scratch::new());
    let _ = server.push_image("words/blob", "1", "amd64");
    let repository = format!("{}/words/blob", server.host());
    let bytes = noise::bytes(77, 3_000_000);
    let digest = digest::sha256(&bytes);
    let name = format!("{repository}@{digest}");
    wharf("blob head").arg(&name).exits(3);
    let put = || {
        wharf("blob put")
            .args([&repository, "-"])
            .input(bytes.clone())
    };
    assert_eq!(put().ok().text(), digest);
    assert_eq!(put().arg("--json").ok().json()["uploaded"], false);
    let tagged = format!("{repository}:1");
    let told = wharf("blob put").args([&tagged, "-"]).exits(2);
    assert!(told.stderr.contains("it is one image"), "{told:#?}");
    let file = scratch.join("blob");
    fs::write(&file, b"small").unwrap();
    let small = wharf("blob put --json")
        .arg(&repository)
        .arg(&file)
        .ok()
        .json();
    assert_eq!(small["uploaded"], true);
    assert_eq!(small["digest"], digest::sha256(b"small"));
    assert_eq!(
        wharf("blob head").arg(&name).ok().text(),
        "3000000 bytes (2.9 MiB)"
    );
    assert_eq!(
        wharf("blob head --json").arg(&name).ok().json()["size"],
        3_000_000
    );
    assert_eq!(wharf("blob get").arg(&name).ok().stdout, bytes);
    wharf("blob get -o").arg(&file).arg(&name).ok();
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let deleted = wharf("blob delete --yes --json").arg(&name).ok().json();
    assert_eq!(deleted["deleted"], name);
    wharf("blob get").arg(&name).exits(3);
    wharf("blob get").arg(&repository).exits(2);
}

#[test]
fn a_configuration_is_printed_beside_that_of_the_server() {
    let (server, scratch) = (server(), Scratch::new());
    let index = server.push_index("words/config", "1");
    let name = format!("{}/words/config:1", server.host());
    let arm = wharf("config --platform linux/arm64").arg(&name).ok();
    assert_eq!(arm.json()["architecture"], "arm64");
    let child = server.manifest("words/config", &index.children()[1].digest);
    assert_eq!(
        digest::sha256(&arm.stdout),
        child.json()["config"]["digest"]
    );
    // The commands that were there first.
    let file = scratch.join("config.yml");
    let data = scratch.join("data").display().to_string();
    let storage = json!({"filesystem": {"rootdirectory": data}});
    let text = json!({"version": 0.1, "storage": storage}).to_string();
    fs::write(&file, text).unwrap();
    wharf("config check").arg(&file).ok();
    let printed = wharf("config print --json").arg(&file).ok().json();
    assert!(printed.is_object() || printed.is_array());
    let none = wharf("config").exits(2);
    assert!(none.stderr.contains("<PLACE>"), "{none:#?}");
}

#[test]
fn an_image_gets_more_tags_and_loses_them() {
    let server = server();
    let index = server.push_index("words/tags", "1.2.3");
    let name = |tag: &str| format!("{}/words/tags{tag}", server.host());
    // `rm` is a tag here, and no command.
    let told = wharf("tag").args([&name(":1.2.3"), "1.2", "rm"]).ok();
    let expected = format!("{} is {}", name(":1.2"), index.digest);
    assert_eq!(told.lines()[0], expected);
    assert_eq!(server.manifest("words/tags", "rm"), index);
    let by_digest = name(&format!("@{}", index.digest));
    let told = wharf("tag --json").args([&by_digest, "latest"]).ok().json();
    assert_eq!(told["tags"], json!(["latest"]));
    assert_eq!(wharf("digest").arg(name("")).ok().text(), index.digest);
    wharf("tag").arg(name(":1")).exits(2);
    wharf("tag").args([&name(":missing"), "1"]).exits(3);
    // As `docker tag` has it.
    wharf("tag").args([name(":1.2.3"), name(":1.2")]).ok();
    let other = format!("{}/words/other:1", server.host());
    let told = wharf("tag").args([&name(":1.2.3"), &other]).exits(1);
    assert!(told.stderr.contains("`wharf copy "), "{told:#?}");

    let asked = wharf("rm").arg(name(":1.2")).exits(1);
    assert!(asked.stderr.contains("use --yes"), "{asked:#?}");
    wharf("rm --yes").arg(name(":1.2")).ok();
    wharf("rm --yes").arg(name(":1.2")).exits(3);
    assert_eq!(server.manifest("words/tags", "rm"), index);
    wharf("rm --yes").arg(&by_digest).ok();
    assert_eq!(server.tags("words/tags"), ["1.2.3-amd64", "1.2.3-arm64"]);
}

#[test]
fn what_refers_to_an_image_is_a_tree() {
    let server = server();
    let image = server.push_image("words/referrers", "1", "amd64");
    let name = format!("{}/words/referrers:1", server.host());
    assert_eq!(
        wharf("referrers").arg(&name).ok().lines(),
        [image.digest.as_str()]
    );
    let descriptor = |it: &wharf_e2e::contents::Manifest| json!({"mediaType": it.media_type, "digest": it.digest, "size": it.body.len()});
    let refer = |kind: &str, subject: Value| {
        let empty = server.push_blob("words/referrers", "{}");
        let empty = json!({
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2,
        });
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_IMAGE, "artifactType": kind,
            "config": empty, "layers": [empty], "subject": subject,
        });
        let digest = digest::sha256(manifest.to_string().as_bytes());
        let at = format!("{}/words/referrers@{digest}", server.host());
        wharf("manifest put")
            .args([&at, "-"])
            .input(manifest.to_string())
            .ok();
        server.manifest("words/referrers", &digest)
    };
    let contents = refer("application/spdx+json", descriptor(&image));
    let signature = refer("application/vnd.example.signature", descriptor(&contents));
    let told = wharf("referrers").arg(&name).ok().lines();
    assert_eq!(told.len(), 3);
    let first = format!("└── application/spdx+json  {}  ", contents.digest);
    assert!(told[1].starts_with(&first), "{told:?}");
    let second = format!(
        "    └── application/vnd.example.signature  {}  ",
        signature.digest
    );
    assert!(told[2].starts_with(&second), "{told:?}");
    let told = wharf("referrers --json").arg(&name).ok().json();
    let below = &told["referrers"][0]["referrers"][0];
    assert_eq!(below["digest"], signature.digest.as_str());
    let none = wharf("referrers --json --artifact-type other")
        .arg(&name)
        .ok()
        .json();
    assert_eq!(none["referrers"], json!([]));
}
