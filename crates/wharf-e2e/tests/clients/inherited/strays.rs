//! Things that do not belong in a tree and are found there all the same.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::damage::repositories;
use super::estate::APP;

/// Puts them between the files of the estate.
pub(super) fn scatter(root: &Path) {
    let repositories = repositories(root);
    let app = repositories.join(APP);
    let tags = app.join("_manifests/tags");
    let revisions = app.join("_manifests/revisions/sha256");
    let layers = app.join("_layers/sha256");
    let uploads = app.join("_uploads");
    let blobs = root.join("docker/registry/v2/blobs");
    for directory in [
        root,
        &repositories,
        &app,
        &tags,
        &revisions,
        &layers,
        &uploads,
        &blobs,
        &blobs.join("sha256"),
        &tags.join("oci"),
    ] {
        fs::write(directory.join(".DS_Store"), "\0").unwrap();
        fs::write(directory.join("Thumbs.db"), "").unwrap();
        fs::write(directory.join(OsStr::from_bytes(b"not \xff utf8")), "").unwrap();
        fs::create_dir(directory.join("lost+found")).unwrap();
        fs::create_dir(directory.join(".snapshot")).unwrap();
    }
    // What a write of v3 leaves that was killed, and one of `rsync`.
    let link = tags.join("oci/current");
    fs::write(
        link.join("link.0190b5a8-7c1e-7cc5-8c3e-0123456789ab.tmp"),
        "sha",
    )
    .unwrap();
    fs::write(link.join(".link.Xa81Lq"), "sha").unwrap();
    // Tags and repositories that were begun.
    fs::create_dir_all(tags.join("begun/index/sha256")).unwrap();
    fs::create_dir_all(repositories.join("begun/_uploads")).unwrap();
    fs::create_dir_all(revisions.join("a".repeat(64))).unwrap();
    // Signatures of schema 1, as registries before 2.5 kept them beside every image.
    for revision in fs::read_dir(&revisions).unwrap() {
        let directory = revision.unwrap().path();
        if directory.join("link").is_file() {
            let signature = "b".repeat(64);
            let directory = directory.join("signatures/sha256").join(&signature);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("link"), format!("sha256:{signature}")).unwrap();
        }
    }
}
