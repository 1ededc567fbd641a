//! Docker's engines: what is loaded there runs, and what is saved there comes back.

use std::sync::Arc;

use wharf_e2e::command::Run;
use wharf_e2e::docker::{BASE_IMAGE, Docker};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;

use super::Client;
use crate::docker::docker;

/// Another image than those of other tests, which says what it is told.
fn build(docker: &Docker, image: &str, text: &str) -> String {
    let context = Scratch::new();
    let steps = format!("FROM {BASE_IMAGE}\nRUN echo {text} > /said\nCMD [\"cat\", \"/said\"]\n");
    std::fs::write(context.join("Dockerfile"), steps).unwrap();
    let build = docker.run("build --network host --tag").arg(image);
    build.arg(context.path()).ok();
    docker.image_id(image)
}

fn says(docker: &Docker, image: &str) -> String {
    docker.run("run --rm --network host").arg(image).ok().text()
}

#[test]
fn an_image_goes_from_one_engine_to_another_by_a_pipe() {
    let (one, other): (Arc<Docker>, Docker) = (docker(), Docker::start());
    let client = Client::new();
    let id = build(&one, "client-piped:1", "piped");
    let line = format!(
        "wharf save --host {} client-piped:1 | wharf load --host {}",
        one.socket(),
        other.socket()
    );
    let done = client.shell(&line);
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert_eq!(other.image_id("client-piped:1"), id);
    assert_eq!(says(&other, "client-piped:1"), "piped");
}

#[test]
fn an_engine_and_a_registry_give_each_other_images() {
    let (docker, server) = (docker(), Server::wharf());
    let client = Client::new().with("DOCKER_HOST", docker.socket());
    let id = build(&docker, "client-app:1", "hello");
    let name = format!("{}/team/app:1", server.host());
    client.ok(&format!("push {name} docker-daemon:client-app:1"));
    let stored = server.whole_image("team/app", "1");
    assert!(stored.blobs().iter().any(|blob| blob.digest == id));

    // `docker save` is read, and read by `docker load`.
    let archive = client.path().join("saved.tar");
    docker
        .run("save --output")
        .arg(&archive)
        .arg("client-app:1")
        .ok();
    client.ok(&format!("load -i saved.tar --to {}", server.host()));
    let loaded = server.whole_image("client-app", "1");
    assert!(loaded.blobs().iter().any(|blob| blob.digest == id));
    client.ok(&format!("save -o ours.tar {name}"));
    docker
        .run("load --input")
        .arg(client.path().join("ours.tar"))
        .ok();
    assert_eq!(docker.image_id(&name), id);
    assert_eq!(says(&docker, &name), "hello");
    docker.run("rmi --force").arg(&name).ok();

    client.ok(&format!("copy {name} docker-daemon:client-copy:2"));
    assert_eq!(docker.image_id("client-copy:2"), id);
}

/// Two images, of which others make one archive.
#[test]
fn every_image_of_an_archive_is_loaded() {
    let docker = docker();
    let client = Client::new().with("DOCKER_HOST", docker.socket());
    let ids = ["client-a:1", "client-b:2"].map(|name| (name, build(&docker, name, "several")));
    let archive = client.path().join("both.tar");
    docker
        .run("save --output")
        .arg(&archive)
        .words("client-a:1 client-b:2")
        .ok();
    Run::tool("gzip").arg(&archive).ok();
    docker.run("rmi --force client-a:1 client-b:2").ok();
    let told = client.ok("load -i both.tar.gz");
    assert!(
        told.contains("copied client-a:1 to the engine at "),
        "{told}"
    );
    for (name, id) in ids {
        assert_eq!(docker.image_id(name), id);
    }
}
