//! Docker's engine and command line.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use wharf_e2e::command::Run;
use wharf_e2e::docker::{BASE_IMAGE, Docker};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::shared::Shared;
use wharf_e2e::{digest, noise, rootfs};

use crate::fixture::{heavy, server};

/// The engine that all tests use at the same time.
pub(crate) fn docker() -> Arc<Docker> {
    static DOCKER: Shared<Docker> = Shared::new();
    DOCKER.get_or_start(Docker::start)
}

/// An image of four layers that prints `text`.
fn build(docker: &Docker, image: &str, text: &str) {
    let context = Scratch::new();
    fs::write(context.join("greeting"), text).unwrap();
    let steps = format!(
        "FROM {BASE_IMAGE}\nCOPY greeting /greeting\nRUN echo built > /built\n\
         ENV NAME=docker\nRUN echo twice > /twice\nCMD [\"cat\", \"/greeting\"]\n"
    );
    fs::write(context.join("Dockerfile"), steps).unwrap();
    docker
        .run("build --network host --tag")
        .arg(image)
        .arg(context.path())
        .ok();
}

#[test]
fn build_push_pull_run() {
    let (server, docker) = (server(), docker());
    let image = format!("{}/docker/built:1", server.host());
    build(&docker, &image, "hello from a pulled image");
    let id = docker.image_id(&image);

    let pushed = docker.run("push").arg(&image).ok();
    let stored = server.whole_image("docker/built", "1");
    assert!(pushed.mentions(&stored.digest), "{pushed:#?}");
    assert_eq!(stored.blobs().len(), 5);
    assert!(stored.blobs().iter().any(|blob| blob.digest == id));

    let again = docker.run("push").arg(&image).ok();
    assert!(again.mentions("Layer already exists"), "{again:#?}");
    assert!(!again.mentions("Pushed"), "{again:#?}");

    docker.run("rmi --force").arg(&image).ok();
    docker.run("pull").arg(&image).ok();
    assert_eq!(docker.image_id(&image), id);
    let by_digest = format!("{}/docker/built@{}", server.host(), stored.digest);
    docker.run("pull").arg(by_digest).ok();
    let printed = docker.run("run --rm --network host").arg(&image).ok();
    assert_eq!(printed.text(), "hello from a pulled image");
}

#[test]
fn save_load_push() {
    let (server, docker, scratch) = (server(), docker(), Scratch::new());
    let image = format!("{}/docker/saved:1", server.host());
    build(&docker, &image, "saved");
    let id = docker.image_id(&image);
    docker.run("push").arg(&image).ok();
    docker.run("rmi --force").arg(&image).ok();
    docker.run("pull").arg(&image).ok();

    let archive = scratch.join("image.tar");
    docker.run("save --output").arg(&archive).arg(&image).ok();
    docker.run("rmi --force").arg(&image).ok();
    docker.run("load --input").arg(&archive).ok();
    assert_eq!(docker.image_id(&image), id);

    // Another repository: the engine mounts the layers it knows from the first.
    let copy = format!("{}/docker/saved-copy:1", server.host());
    docker.run("tag").arg(&image).arg(&copy).ok();
    docker.run("push").arg(&copy).ok();
    let stored = server.whole_image("docker/saved-copy", "1");
    assert!(stored.blobs().iter().any(|blob| blob.digest == id));
}

#[test]
fn login_to_an_open_registry() {
    let (server, docker) = (server(), docker());
    let login = docker.run("login --username any --password-stdin");
    let told = login.arg(server.host()).input("secret").ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
}

/// One layer of 1.1 GiB that does not compress.
#[test]
fn an_image_of_more_than_a_gibibyte() {
    const LIMIT: Duration = Duration::from_secs(300);
    let _alone = heavy();
    let (server, docker, scratch) = (server(), docker(), Scratch::new());
    let image = format!("{}/docker/large:1", server.host());
    let root = scratch.join("root");
    rootfs::create(&root);
    noise::file(&root.join("large"), 1, 1127);
    let expected = digest::sha256_of_file(&root.join("large"));
    let archive = scratch.join("root.tar");
    Run::tool("tar")
        .words("--create --file")
        .arg(&archive)
        .arg("-C")
        .arg(&root)
        .arg(".")
        .ok();
    fs::remove_dir_all(&root).unwrap();
    docker
        .run("import")
        .arg(&archive)
        .arg(&image)
        .limit(LIMIT)
        .ok();
    fs::remove_file(&archive).unwrap();
    let id = docker.image_id(&image);

    docker.run("push").arg(&image).limit(LIMIT).ok();
    let stored = server.manifest("docker/large", "1");
    let largest = stored.blobs().iter().map(|blob| blob.size).max().unwrap();
    assert!(largest > 1 << 30, "{largest}");

    docker.run("rmi --force").arg(&image).ok();
    docker.run("pull").arg(&image).limit(LIMIT).ok();
    assert_eq!(docker.image_id(&image), id);
    let run = docker.run("run --rm --network host").arg(&image);
    let printed = run.words("sha256sum /large").limit(LIMIT).ok().text();
    let found = printed.split_whitespace().next().unwrap();
    assert_eq!(format!("sha256:{found}"), expected);
    docker.run("rmi --force").arg(&image).ok();
}
