//! The image in the place of Docker's `registry` image, as the tutorials set that up.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use wharf_e2e::certificate::Certificate;
use wharf_e2e::command::Run;
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

#[test]
fn with_tls() {
    let docker = docker();
    let certificate = Certificate::new();
    let mount = |file: &Path, place: &str| format!("{}:/certs/{place}:ro", file.display());
    let (cert, key) = (certificate.file(), certificate.key());
    let registry = Container::run(
        &docker,
        &[
            "--volume",
            &mount(&cert, "domain.crt"),
            "--volume",
            &mount(&key, "domain.key"),
            "--env",
            "REGISTRY_HTTP_TLS_CERTIFICATE=/certs/domain.crt",
            "--env",
            "REGISTRY_HTTP_TLS_KEY=/certs/domain.key",
        ],
    );
    push_pull_run(&docker, &registry.host());
    let request = "GET /v2/library/hello/tags/list HTTP/1.1\r\nHost: localhost\r\n\
                   Connection: close\r\n\r\n";
    let shown = Run::tool("openssl")
        .words("s_client -quiet -verify_return_error -servername localhost -connect")
        .arg(registry.address())
        .arg("-CAfile")
        .arg(&cert)
        .input(request)
        .ok();
    let tags = r#"{"name":"library/hello","tags":["1"]}"#;
    assert!(shown.text().contains(tags), "{shown:#?}");
    // Without TLS nothing is served.
    let plain = registry.http().get("/v2/").try_send();
    assert!(!plain.is_ok_and(|answer| answer.status == 200));
}

/// As the documentation of version 2 has it: what is stored is forgotten with the container.
#[test]
fn in_memory_with_the_path_of_the_configuration_given() {
    let docker = docker();
    let data = Scratch::new();
    let volume = format!("{}:/var/lib/registry", data.path().display());
    let options = ["--env", "REGISTRY_STORAGE=inmemory", "--volume", &volume];
    let command = ["serve", "/etc/docker/registry/config.yml"];
    let registry = Container::run_command(&docker, &options, &command);
    push_pull_run(&docker, &registry.host());
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}

/// The size that is paid for on every node that runs it.
#[test]
fn the_image_is_small() {
    let docker = docker();
    let size = docker.run("image inspect --format {{.Size}}").arg(IMAGE);
    let bytes: u64 = size.ok().text().parse().unwrap();
    assert!(bytes <= 25 << 20, "{bytes} bytes");
}
