//! crane, of go-containerregistry.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::{digest, noise, rootfs};

use crate::fixture::server;

fn crane(words: &str) -> Run {
    Run::tool("crane").words(words)
}

/// A layer of one file of noise.
fn layer(scratch: &Scratch, seed: u64) -> std::path::PathBuf {
    let root = scratch.join(format!("root-{seed}"));
    fs::create_dir(&root).unwrap();
    fs::write(root.join("noise"), noise::bytes(seed, 300_000)).unwrap();
    let tar = scratch.join(format!("layer-{seed}.tar"));
    fs::write(&tar, rootfs::archive(&root)).unwrap();
    tar
}

#[test]
fn append_pull_push() {
    let (server, scratch) = (server(), Scratch::new());
    let name = |rest: &str| format!("{}/crane/{rest}", server.host());
    let append = |tar: &std::path::Path| crane("append --new_layer").arg(tar);
    append(&layer(&scratch, 1))
        .arg("--new_tag")
        .arg(name("image:1"))
        .ok();
    let image = server.whole_image("crane/image", "1");
    append(&layer(&scratch, 2))
        .args([
            "--base".to_owned(),
            name("image:1"),
            "--new_tag".to_owned(),
            name("image:2"),
        ])
        .ok();
    assert_eq!(server.whole_image("crane/image", "2").blobs().len(), 3);

    for format in ["tarball", "oci"] {
        let file = scratch.join(format);
        crane("pull --format")
            .arg(format)
            .arg(name("image:1"))
            .arg(&file)
            .ok();
        crane("push")
            .arg(&file)
            .arg(name(&format!("{format}:1")))
            .ok();
        let back = server.whole_image(&format!("crane/{format}"), "1");
        assert_eq!(back.blobs(), image.blobs(), "{format}");
    }
    let exported = crane("export").arg(name("image:1")).arg("-").ok();
    assert!(exported.stdout.len() > 300_000);
}

#[test]
fn read_what_is_there() {
    let server = server();
    let pushed = server.push_image("crane/read", "b", "amd64");
    let other = server.push_image("crane/read", "a", "amd64");
    let name = format!("{}/crane/read", server.host());
    assert_eq!(crane("ls").arg(&name).ok().lines(), ["a", "b"]);
    let repositories = crane("catalog").arg(server.host()).ok().lines();
    assert!(repositories.contains(&"crane/read".to_owned()));
    let tagged = format!("{name}:b");
    assert_eq!(crane("digest").arg(&tagged).ok().text(), pushed.digest);
    assert_eq!(crane("manifest").arg(&tagged).ok().stdout, pushed.body);
    let by_digest = format!("{name}@{}", other.digest);
    assert_eq!(crane("manifest").arg(by_digest).ok().stdout, other.body);
    for blob in pushed.blobs() {
        let read = crane("blob").arg(format!("{name}@{}", blob.digest)).ok();
        assert_eq!(digest::sha256(&read.stdout), blob.digest);
    }
    crane("validate --remote").arg(&tagged).ok();
}

#[test]
fn copy_tag_delete() {
    let server = server();
    let pushed = server.push_index("crane/copied", "1");
    let name = |rest: &str| format!("{}/crane/{rest}", server.host());
    crane("copy").args([name("copied:1"), name("copy:1")]).ok();
    assert_eq!(server.whole_image("crane/copy", "1"), pushed);

    crane("tag").args([name("copy:1"), "again".to_owned()]).ok();
    assert_eq!(server.tags("crane/copy"), ["1", "again"]);
    crane("delete")
        .arg(name(&format!("copy@{}", pushed.digest)))
        .ok();
    assert!(!server.has_manifest("crane/copy", "1"));
    assert!(!server.has_manifest("crane/copy", "again"));
    assert_eq!(server.whole_image("crane/copied", "1"), pushed);
}

#[test]
fn mutate_and_index() {
    let server = server();
    let name = |rest: &str| format!("{}/crane/{rest}", server.host());
    let first = server.push_image("crane/mutated", "1", "amd64");
    crane("mutate --label made=by-crane --tag")
        .args([name("mutated:2"), name("mutated:1")])
        .ok();
    let second = server.whole_image("crane/mutated", "2");
    assert_ne!(second.digest, first.digest);

    crane("index append")
        .args(["--manifest".to_owned(), name("mutated:1")])
        .args(["--manifest".to_owned(), name("mutated:2")])
        .args(["--tag".to_owned(), name("mutated:index")])
        .ok();
    let index = server.whole_image("crane/mutated", "index");
    let children: Vec<String> = index
        .children()
        .into_iter()
        .map(|child| child.digest)
        .collect();
    assert_eq!(children, [first.digest, second.digest]);
}
