//! containerd and its client `ctr`.

use std::sync::Arc;

use wharf_e2e::command::Run;
use wharf_e2e::containerd::Containerd;
use wharf_e2e::rootfs;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::shared::Shared;

use crate::fixture::server;

/// The daemon that all tests use at the same time.
pub(crate) fn containerd() -> Arc<Containerd> {
    static CONTAINERD: Shared<Containerd> = Shared::new();
    CONTAINERD.get_or_start(Containerd::start)
}

/// The digests of what containerd has.
fn content(containerd: &Containerd) -> Vec<String> {
    containerd.ctr("content ls --quiet").ok().lines()
}

#[test]
fn pull_push_run() {
    let (server, containerd, scratch) = (server(), containerd(), Scratch::new());
    let source = format!("{}/containerd/source:1", server.host());
    let root = scratch.join("root");
    rootfs::create(&root);
    std::fs::write(scratch.join("layer.tar"), rootfs::archive(&root)).unwrap();
    let append = Run::tool("crane").args(["append", "--new_layer"]);
    append
        .arg(scratch.join("layer.tar"))
        .args(["--new_tag", &source])
        .ok();
    let pushed = server.manifest("containerd/source", "1");

    containerd.ctr("images pull --plain-http").arg(&source).ok();
    assert!(content(&containerd).contains(&pushed.digest));
    let printed = containerd
        .ctr("run --rm --net-host")
        .args([&source, "e2e-run", "/bin/echo", "hello from containerd"])
        .ok();
    assert_eq!(printed.text(), "hello from containerd");

    let copy = format!("{}/containerd/copy:1", server.host());
    containerd.ctr("images tag").args([&source, &copy]).ok();
    containerd.ctr("images push --plain-http").arg(&copy).ok();
    assert_eq!(server.whole_image("containerd/copy", "1"), pushed);
}

#[test]
fn all_platforms_of_an_index() {
    let (server, containerd) = (server(), containerd());
    let pushed = server.push_index("containerd/index", "1");
    let source = format!("{}/containerd/index:1", server.host());
    containerd
        .ctr("content fetch --plain-http --all-platforms")
        .arg(&source)
        .ok();
    let held = content(&containerd);
    for child in pushed.children() {
        let image = server.manifest("containerd/index", &child.digest);
        for part in image.blobs().into_iter().chain([child]) {
            assert!(held.contains(&part.digest), "{part:?} not in {held:?}");
        }
    }

    let copy = format!("{}/containerd/index-copy:1", server.host());
    containerd.ctr("images tag").args([&source, &copy]).ok();
    containerd.ctr("images push --plain-http").arg(&copy).ok();
    assert_eq!(server.whole_image("containerd/index-copy", "1"), pushed);
}

#[test]
fn content_of_a_removed_image_is_pulled_again() {
    let (server, containerd) = (server(), containerd());
    let pushed = server.push_image("containerd/again", "1", "amd64");
    let image = format!("{}/containerd/again:1", server.host());
    for _ in 0..2 {
        containerd.ctr("images pull --plain-http").arg(&image).ok();
        let got = containerd.ctr("content get").arg(&pushed.digest).ok();
        assert_eq!(got.stdout, pushed.body);
        containerd.ctr("images rm --sync").arg(&image).ok();
        assert!(!content(&containerd).contains(&pushed.digest));
    }
}
