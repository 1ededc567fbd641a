//! What clients make of it, and what they keep.

use std::fs;

use serde_json::Value;
use wharf_e2e::command::Run;
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::rootfs;
use wharf_e2e::scratch::Scratch;

use super::{Issuing, comes};
use crate::docker::docker;
use crate::fixture::with_storage;

#[test]
fn docker_keeps_a_refresh_token_instead_of_the_password() {
    let (issuing, docker, scratch) = (Issuing::start(), docker(), Scratch::new());
    let image = format!("{}/private/image:1", issuing.host());
    let run = |words: &str| docker.run(words).env("DOCKER_CONFIG", scratch.path());
    run("tag").arg(BASE_IMAGE).arg(&image).ok();
    let login = |password: &str| {
        let login = run("login --username ann --password-stdin");
        login.arg(issuing.host()).input(password)
    };
    let told = login("guessed").fails();
    assert!(told.mentions("wrong name or password"), "{told:#?}");
    run("push").arg(&image).fails();

    let told = login("secret").ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
    let config = fs::read_to_string(scratch.join("config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let kept = &config["auths"][issuing.host()];
    assert!(kept["identitytoken"].is_string(), "{config}");
    // `ann:` and no password.
    assert_eq!(kept["auth"], "YW5uOg==", "{config}");
    run("push").arg(&image).ok();
    run("rmi").arg(&image).ok();
    run("pull").arg(&image).ok();

    let config = issuing.server.directory().join("config.yml");
    let revoke = issuing.command("sessions revoke --account ann --config");
    revoke.arg(config).ok();
    comes(|| !run("push").arg(&image).succeeds());

    login("secret").ok();
    run("push").arg(&image).ok();
    run("logout").arg(issuing.host()).ok();
    run("rmi").arg(&image).ok();
    run("pull").arg(&image).fails();
    assert!(!issuing.server.log().contains("guessed"));
}

#[test]
fn crane_logs_in_and_pushes() {
    let (issuing, scratch) = (Issuing::start(), Scratch::new());
    let crane = |words: &str| {
        let crane = Run::tool("crane").words(words);
        crane.env("DOCKER_CONFIG", scratch.path())
    };
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("file"), "text").unwrap();
    let layer = scratch.join("layer.tar");
    fs::write(&layer, rootfs::archive(&root)).unwrap();
    let image = |name: &str| format!("{}/{name}:1", issuing.host());
    let append = || {
        let append = crane("append --new_layer").arg(&layer);
        append.arg("--new_tag").arg(image("crane/image"))
    };
    append().fails();
    let login = crane("auth login --username ann --password-stdin");
    login.arg(issuing.host()).input("secret").ok();
    append().ok();
    // Across repositories: it needs a token for both.
    crane("copy")
        .arg(image("crane/image"))
        .arg(image("crane/copy"))
        .ok();
    crane("catalog").arg(issuing.host()).ok();
    crane("delete").arg(image("crane/copy")).ok();
    crane("auth logout").arg(issuing.host()).ok();
    crane("manifest").arg(image("crane/image")).fails();
}

#[test]
fn podman_and_skopeo_log_in_push_and_pull() {
    let (issuing, store) = (Issuing::start(), Scratch::new());
    let authfile = store.join("auth.json");
    let image = format!("{}/podman/image:1", issuing.host());
    let podman = |words: &str| {
        with_storage("podman", &store)
            .words("--cgroup-manager cgroupfs --events-backend file --runtime runc --tmpdir")
            .arg(store.join("tmp"))
            .words(words)
            .env("REGISTRY_AUTH_FILE", &authfile)
    };
    let root = Scratch::new();
    rootfs::create(root.path());
    let archive = rootfs::archive(root.path());
    podman("import -").arg(&image).input(archive).ok();
    podman("push --tls-verify=false").arg(&image).fails();
    let login = podman("login --tls-verify=false --username ann --password-stdin");
    login.arg(issuing.host()).input("secret").ok();
    podman("push --tls-verify=false").arg(&image).ok();
    podman("rmi --all --force").ok();
    podman("pull --tls-verify=false").arg(&image).ok();

    let skopeo = |words: &str| {
        let skopeo = Run::tool("skopeo").words(words);
        skopeo.arg("--authfile").arg(&authfile)
    };
    let tags = || {
        let tags = skopeo("list-tags --tls-verify=false");
        tags.arg(format!("docker://{}/podman/image", issuing.host()))
    };
    tags().ok();
    skopeo("logout").arg(issuing.host()).ok();
    tags().fails();
}
