//! distribution on the same bucket: each serves what the other wrote, and goes on from there.

use serde_json::Value;
use wharf_e2e::azurite::Azurite;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};

use super::clients::push;

#[test]
fn each_serves_what_the_other_wrote() {
    let bucket = Bucket::shared();
    // As distribution writes it: with a slash.
    serve_each_other("s3", &bucket.section("/of/both"));
}

#[test]
fn each_serves_what_the_other_wrote_at_versity() {
    let bucket = Bucket::of_versity();
    serve_each_other("s3", &bucket.section("/of/both"));
}

/// What distribution uploads there are append blobs.
#[test]
fn each_serves_what_the_other_wrote_in_azure() {
    let azurite = Azurite::start();
    serve_each_other("azure", &azurite.section("/of/both"));
}

fn serve_each_other(driver: &'static str, section: &Value) {
    let ours = Setup::of(Kind::Wharf).bucket(driver, section.clone());
    let theirs = Setup::of(Kind::V3).bucket(driver, section.clone());
    let (ours, theirs) = (ours.start(), theirs.start());
    for (writer, reader, name) in [(&ours, &theirs, "ours"), (&theirs, &ours, "theirs")] {
        // In one piece and in parts, copied in one piece and in parts.
        for (size, repository) in [(1000, "small"), (12 << 20, "parts"), (40 << 20, "large")] {
            let repository = format!("{name}/{repository}");
            push(writer, &repository, size);
            let written = writer.whole_image(&repository, "1");
            assert_eq!(
                reader.whole_image(&repository, "1"),
                written,
                "{repository}"
            );
        }
    }
    let tags = |server: &Server| {
        server
            .http()
            .get("/v2/ours/small/tags/list")
            .expect(200)
            .json()
    };
    assert_eq!(tags(&ours), tags(&theirs));
    let catalog = |server: &Server| server.http().get("/v2/_catalog").expect(200).json();
    assert_eq!(catalog(&ours), catalog(&theirs));
    // What one deletes is gone for the other.
    let digest = ours.whole_image("theirs/small", "1").digest;
    let manifest = format!("/v2/theirs/small/manifests/{digest}");
    ours.http().delete(&manifest).expect(202);
    theirs.http().get(&manifest).expect(404);
}

/// Ours reads all of its configuration, as it was.
#[test]
fn clients_are_sent_to_the_bucket() {
    let bucket = Bucket::shared();
    let section = bucket.section("sent");
    let server = Setup::of(Kind::Wharf)
        .bucket("s3", section)
        .redirects()
        .start();
    let name = push(&server, "sent/image", 3 << 20);
    let image = server.http().get("/v2/sent/image/manifests/1");
    let manifest = image
        .header("accept", wharf_e2e::publish::OCI_IMAGE)
        .expect(200)
        .json();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let blob = format!("/v2/sent/image/blobs/{layer}");
    for call in [server.http().get(&blob), server.http().head(&blob)] {
        let answer = call.expect(307);
        let url = answer.header("location");
        assert!(url.starts_with(&format!("http://{}/wharf/sent/docker/", bucket.address())));
        assert!(url.contains("X-Amz-Signature="), "{url}");
        assert_eq!(answer.header("docker-content-digest"), layer);
    }
    let known = server
        .http()
        .get(&blob)
        .header("if-none-match", &format!("\"{layer}\""));
    known.expect(304);
    let nothing = format!("/v2/sent/image/blobs/sha256:{}", "0".repeat(64));
    server.http().get(&nothing).expect(404);
    // Each of them follows in its own way, and checks what it gets.
    Run::tool("crane")
        .words("validate --remote")
        .arg(&name)
        .ok();
    let scratch = Scratch::new();
    let layout = format!("oci:{}", scratch.join("layout").display());
    let skopeo = Run::tool("skopeo").words("copy --src-tls-verify=false");
    skopeo.args([&format!("docker://{name}"), &layout]).ok();
    let regctl = Run::tool("regctl").env("REGCTL_CONFIG", scratch.join("regctl.json"));
    let host = format!("reg={},tls=disabled", server.host());
    let regctl = regctl.args(["--host", &host]).words("blob get");
    let got = regctl.args([name.as_str(), layer]).ok();
    assert_eq!(wharf_e2e::digest::sha256(&got.stdout), layer);
}
