//! Buildah.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;

use crate::fixture::{digest_in, platforms, server, with_storage};

fn buildah(store: &Scratch) -> Run {
    with_storage("buildah", store)
}

/// Builds an image from nothing with one file in it.
fn commit(store: &Scratch, image: &str, format: &str, architecture: &str) {
    let file = store.join("file");
    fs::write(&file, format!("built for {architecture}")).unwrap();
    let container = buildah(store).words("from scratch").ok().text();
    buildah(store)
        .args(["add", &container])
        .arg(&file)
        .arg("/file")
        .ok();
    buildah(store)
        .args([
            "config",
            "--arch",
            architecture,
            "--label",
            "made=by-buildah",
        ])
        .arg(&container)
        .ok();
    buildah(store)
        .args(["commit", "--rm", "--format", format, &container, image])
        .ok();
}

#[test]
fn push_and_pull_in_both_formats() {
    let server = server();
    let media_types = [
        ("oci", "application/vnd.oci.image.manifest.v1+json"),
        (
            "docker",
            "application/vnd.docker.distribution.manifest.v2+json",
        ),
    ];
    for (format, media_type) in media_types {
        let (store, other) = (Scratch::new(), Scratch::new());
        let image = format!("{}/buildah/image:{format}", server.host());
        commit(&store, &image, format, "amd64");
        let file = store.join("digest");
        let push = buildah(&store).words("push --tls-verify=false --digestfile");
        push.arg(&file).arg(&image).ok();
        let stored = server.whole_image("buildah/image", format);
        assert_eq!(stored.digest, digest_in(file));
        assert_eq!(stored.media_type, media_type);

        let id = buildah(&store)
            .args(["images", "--quiet", "--no-trunc", &image])
            .ok();
        buildah(&other)
            .words("pull --tls-verify=false")
            .arg(&image)
            .ok();
        let pulled = buildah(&other)
            .args(["images", "--quiet", "--no-trunc", &image])
            .ok();
        assert_eq!(pulled.text(), id.text());
    }
}

#[test]
fn manifest_list() {
    let (server, store) = (server(), Scratch::new());
    let list = "localhost/buildah-list";
    buildah(&store).args(["manifest", "create", list]).ok();
    for architecture in ["amd64", "arm64"] {
        let image = format!("localhost/part:{architecture}");
        commit(&store, &image, "oci", architecture);
        buildah(&store).args(["manifest", "add", list, &image]).ok();
    }
    for (format, tag) in [("oci", "oci"), ("v2s2", "docker")] {
        let target = format!("docker://{}/buildah/list:{tag}", server.host());
        let file = store.join("digest");
        buildah(&store)
            .words("manifest push --all --tls-verify=false --digestfile")
            .arg(&file)
            .args(["--format", format, list, &target])
            .ok();
        let stored = server.whole_image("buildah/list", tag);
        assert_eq!(stored.digest, digest_in(file));
        assert_eq!(platforms(&stored), ["linux/amd64", "linux/arm64"]);
    }
}
