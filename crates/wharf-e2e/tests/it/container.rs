//! The image in the place of Docker's `registry` image, as the tutorials set that up.

use std::fs;
use std::sync::Arc;

use wharf_e2e::container::{self, Container, IMAGE};
use wharf_e2e::docker::{BASE_IMAGE, Docker};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::shared::Shared;

fn docker() -> Arc<Docker> {
    static DOCKER: Shared<Docker> = Shared::new();
    DOCKER.get_or_start(|| {
        let docker = Docker::start();
        container::build(&docker);
        docker
    })
}

/// Pushes an image there, forgets it, pulls it back and runs it.
fn push_pull_run(docker: &Docker, host: &str) {
    let image = format!("{host}/library/hello:1");
    docker.run("tag").arg(BASE_IMAGE).arg(&image).ok();
    docker.run("push").arg(&image).ok();
    docker.run("rmi").arg(&image).ok();
    docker.run("pull").arg(&image).ok();
    let run = docker.run("run --rm --network host").arg(&image);
    assert_eq!(run.words("echo hello").ok().text(), "hello");
    docker.run("rmi").arg(&image).ok();
}

#[test]
fn as_it_is() {
    let docker = docker();
    let data = Scratch::new();
    let volume = format!("{}:/var/lib/registry", data.path().display());
    let registry = Container::run(&docker, &["--volume", &volume]);
    push_pull_run(&docker, &registry.host());
    let tags = data.join("docker/registry/v2/repositories/library/hello/_manifests/tags/1");
    assert!(tags.join("current/link").is_file());
    let answer = registry.http().get("/v2/").send();
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[test]
fn with_an_option_in_a_variable() {
    let docker = docker();
    for (value, status) in [("true", 202), ("false", 405)] {
        let variable = format!("REGISTRY_STORAGE_DELETE_ENABLED={value}");
        let registry = Container::run(&docker, &["--env", &variable]);
        push_pull_run(&docker, &registry.host());
        let http = registry.http();
        let deleted = http.delete("/v2/library/hello/manifests/1").send();
        assert_eq!(deleted.status, status, "{value}");
    }
}

#[test]
fn with_a_configuration_mounted_over_its_own() {
    let docker = docker();
    let scratch = Scratch::new();
    let config = scratch.join("config.yml");
    let text = "\
version: 0.1
log:
  formatter: json
  fields: {environment: staging}
storage:
  inmemory:
  delete: {enabled: true}
http:
  addr: :5000
  headers:
    X-Served-By: [mounted]
";
    fs::write(&config, text).unwrap();
    for place in ["/etc/docker/registry", "/etc/distribution"] {
        let volume = format!("{}:{place}/config.yml:ro", config.display());
        let registry = Container::run(&docker, &["--volume", &volume]);
        push_pull_run(&docker, &registry.host());
        let answer = registry.http().get("/v2/").send();
        assert_eq!(answer.header("x-served-by"), "mounted", "{place}");
        let logs = registry.logs();
        assert!(logs.contains(r#""environment":"staging""#), "{logs}");
    }
}

/// The size that is paid for on every node that runs it.
#[test]
fn the_image_is_small() {
    let docker = docker();
    let size = docker.run("image inspect --format {{.Size}}").arg(IMAGE);
    let bytes: u64 = size.ok().text().parse().unwrap();
    assert!(bytes <= 25 << 20, "{bytes} bytes");
}
