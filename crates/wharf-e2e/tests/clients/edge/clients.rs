//! Real clients, which are sent from the registry to the edge.

use serde_json::json;
use wharf_e2e::certificate::Certificate;
use wharf_e2e::command::Run;
use wharf_e2e::noise;
use wharf_e2e::scratch::Scratch;

use super::Scene;
use crate::docker::docker;

#[test]
fn docker_pulls_from_a_registry_and_an_edge() {
    let (scene, docker) = (Scene::start("edge/docker"), docker());
    let image = format!("{}/edge/image:1", scene.registry.host());
    docker
        .run("tag")
        .arg(wharf_e2e::docker::BASE_IMAGE)
        .arg(&image)
        .ok();
    docker.run("push").arg(&image).ok();
    let id = docker.image_id(&image);
    let config_from_edge = || scene.metric("wharfinger_cache_requests_total{from=\"disk\"}");
    let crane = |words: &str, target: &str| {
        let scratch = Scratch::new();
        let tool = Run::tool("crane").words(words).arg(target);
        tool.arg(scratch.join("image")).ok();
    };
    crane("pull --format oci", &image);
    scene.comes(|| scene.files("filling").is_empty() && scene.files("blobs").len() >= 2);
    scene.between.forget();
    let before = config_from_edge();
    crane("pull --format oci", &image);
    assert!(config_from_edge() >= before + 2);
    assert_eq!(scene.reads(), 0);
    // The engine may have its layers, and has to ask for none then: the edge is asked all the
    // same for what `crane` wants of it.
    docker.run("rmi --force").arg(&image).ok();
    docker.run("pull").arg(&image).ok();
    assert_eq!(docker.image_id(&image), id);
    assert_eq!(scene.reads(), 0);
}

#[test]
fn tls_and_http2_are_spoken_as_the_configuration_says() {
    let certificate = Certificate::new();
    let (file, key) = (certificate.file(), certificate.key());
    let scene = Scene::with("edge/tls", |edge| {
        edge.set("http.tls.certificate", json!(file.display().to_string()))
            .set("http.tls.key", json!(key.display().to_string()))
    });
    let content = noise::bytes(1, 2_000_000);
    let url = scene.push(&content).replace("http://", "https://");
    for (version, said) in [("--http1.1", "1.1"), ("--http2", "2")] {
        for _ in 0..2 {
            let scratch = Scratch::new();
            let file = scratch.join("blob");
            let curl =
                Run::tool("curl").words("--silent --fail --insecure --write-out %{http_version}");
            let output = curl.arg(version).arg("--output").arg(&file).arg(&url).ok();
            assert_eq!(output.text(), said);
            assert!(std::fs::read(&file).unwrap() == content);
        }
    }
    assert_eq!(scene.reads(), 1);
}
