//! A client that pushes to and pulls from a registry on each of the providers, through it and
//! from the bucket itself.

use std::fs;

use serde_json::{Value, json};
use wharf_e2e::azurite::Azurite;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::google::Google;
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::{noise, rootfs};

/// Pushes an image with a layer of so many bytes.
pub(super) fn push(server: &Server, repository: &str, size: usize) -> String {
    let scratch = Scratch::new();
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("noise"), noise::bytes(size as u64, size)).unwrap();
    let layer = scratch.join("layer.tar");
    fs::write(&layer, rootfs::archive(&root)).unwrap();
    let name = format!("{}/{repository}:1", server.host());
    let crane = Run::tool("crane").words("append --new_layer").arg(layer);
    crane.args(["--new_tag", &name]).ok();
    name
}

#[test]
fn images_are_kept_in_a_container_of_azure() {
    let azurite = Azurite::start();
    let section = azurite.section("in/azure");
    let setup = Setup::of(Kind::Wharf).bucket("azure", section);
    let place = format!("{}/wharf/in/azure/docker/", azurite.service_url());
    is_kept(setup, &place, "&sig=");
}

#[test]
fn images_are_kept_in_a_bucket_of_google() {
    let google = Google::start();
    let section = json!({
        "bucket": Google::BUCKET,
        "keyfile": google.key_file(),
        "rootdirectory": "/in/google",
    });
    let setup = Setup::of(Kind::Wharf).bucket("gcs", section);
    let setup = setup.variable("STORAGE_EMULATOR_HOST", google.url());
    let place = format!("{}/wharf/in/google/docker/", google.url());
    is_kept(setup, &place, "&X-Goog-Signature=");
}

#[test]
fn images_are_kept_in_a_bucket_of_versity() {
    let bucket = Bucket::of_versity();
    let section = bucket.section("in/versity");
    let setup = Setup::of(Kind::Wharf).bucket("s3", section);
    let place = format!("http://{}/wharf/in/versity/docker/", bucket.address());
    is_kept(setup, &place, "&X-Amz-Signature=");
}

/// Clients have it from `place` if they are sent there, by URLs with this in them.
fn is_kept(setup: Setup, place: &str, signature: &str) {
    let server = setup.clone().start();
    // In one piece and in parts.
    for (size, repository) in [(1000, "small"), (40 << 20, "large")] {
        let name = push(&server, repository, size);
        validate(&name);
        server.http().get(&layer(&server, repository)).expect(200);
    }
    // Another one finds it there.
    drop(server);
    let server = setup.redirects().start();
    for repository in ["small", "large"] {
        let blob = layer(&server, repository);
        for call in [server.http().get(&blob), server.http().head(&blob)] {
            let answer = call.expect(307);
            let url = answer.header("location");
            assert!(url.starts_with(place), "{url}");
            assert!(url.contains(signature), "{url}");
        }
        validate(&format!("{}/{repository}:1", server.host()));
    }
    validate(&push(&server, "new", 3 << 20));
}

/// Pulls all of it, and checks what comes.
fn validate(name: &str) {
    Run::tool("crane").words("validate --remote").arg(name).ok();
}

/// The path of an image's layer.
fn layer(server: &Server, repository: &str) -> String {
    let path = format!("/v2/{repository}/manifests/1");
    let image = server.http().get(&path).header("accept", OCI_IMAGE);
    let manifest: Value = image.expect(200).json();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    format!("/v2/{repository}/blobs/{layer}")
}
