//! Exit codes tell apart what scripts branch on.

use std::fs;
use std::net::TcpListener;

use wharf_e2e::noise;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup};

use super::archive::Archive;
use super::image::Image;
use super::wharf;

#[test]
fn damage_has_one_of_its_own_and_leaves_nothing_that_looks_whole() {
    // Its files are changed behind its back.
    let (data, scratch) = (Scratch::new(), Scratch::new());
    let server = Setup::of(Kind::Wharf).data(data.path()).start();
    let layer = || Archive::new().file("file", noise::bytes(9, 600_000));
    Image::of([layer()]).push(&server, "app", "1");
    Image::of([layer(), Archive::new().file("b", "")]).push(&server, "app", "2");
    let image = server.manifest("app", "1").json();
    let digest = image["layers"][0]["digest"].as_str().unwrap();
    let name = |rest: &str| format!("{}/app{rest}", server.host());
    let hex = digest.strip_prefix("sha256:").unwrap();
    let stored = format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]);
    let mut bytes = fs::read(data.join(&stored)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(data.join(&stored), bytes).unwrap();

    let blob = name(&format!("@{digest}"));
    let file = scratch.join("blob");
    let told = wharf("blob get -o").arg(&file).arg(&blob).exits(5);
    assert!(told.stderr.contains("instead of"), "{told:#?}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    let root = scratch.join("root");
    let told = wharf("unpack").arg(name(":1")).arg(&root).exits(5);
    assert!(
        told.stderr.contains("does not have the whole image"),
        "{told:#?}"
    );
    assert!(root.join(".wh..wh.wharf-incomplete").exists());
    wharf("diff").args([name(":1"), name(":2")]).exits(5);
    wharf("export -o").arg(&file).arg(name(":1")).exits(5);
    assert!(!file.exists());
}

#[test]
fn what_is_not_there_and_who_is_not_there() {
    let server = Setup::of(Kind::Wharf).start();
    let image = server.push_image("app", "1", "amd64");
    let name = format!("{}/app:missing", server.host());
    let scratch = Scratch::new();
    for words in [
        "digest",
        "manifest get",
        "config",
        "referrers",
        "rm --yes",
        "export",
    ] {
        wharf(words).arg(&name).exits(3);
    }
    wharf("unpack")
        .arg(&name)
        .arg(scratch.join("root"))
        .exits(3);
    assert!(!scratch.join("root").exists());
    let here = format!("{}/app@{}", server.host(), image.digest);
    wharf("digest").arg(here).ok();

    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let told = wharf("digest").arg(format!("{gone}/app:1")).exits(6);
    assert!(told.stderr.contains("cannot talk to"), "{told:#?}");
}
