//! `auth.htpasswd`, as `docker login` and the others use it.

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::scratch::Scratch;

use crate::docker::docker;

/// A registry that makes its password file itself, and what it says the password is.
fn protected() -> (Configured, String) {
    let file = json!({"htpasswd": {"realm": "Registry", "path": "{scratch}/auth/htpasswd"}});
    let server = Configuration::default().set("auth", file).start();
    let log = server.log();
    let (_, password) = log.split_once(" password=").unwrap();
    let password = password
        .split_whitespace()
        .next()
        .unwrap()
        .trim_matches('"');
    (server, password.to_owned())
}

/// It fails, and says why.
fn fails_by(run: Run, why: &str) {
    let told = run.fails();
    assert!(told.mentions(why), "{told:#?}");
}

#[test]
fn docker_logs_in_pushes_pulls_and_logs_out() {
    let ((server, password), docker) = (protected(), docker());
    let image = format!("{}/private/image:1", server.host());
    docker.run("tag").arg(BASE_IMAGE).arg(&image).ok();
    let login = |password: &str| {
        let login = docker.run("login --username docker --password-stdin");
        login.arg(server.host()).input(password)
    };
    fails_by(login("guessed"), "401 Unauthorized");
    fails_by(docker.run("push").arg(&image), "no basic auth credentials");

    let told = login(&password).ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
    docker.run("push").arg(&image).ok();
    docker.run("rmi").arg(&image).ok();
    docker.run("pull").arg(&image).ok();

    docker.run("logout").arg(server.host()).ok();
    docker.run("rmi").arg(&image).ok();
    fails_by(docker.run("pull").arg(&image), "no basic auth credentials");
    assert!(!server.log().contains("guessed"), "{}", server.log());
}

#[test]
fn crane_and_skopeo_log_in() {
    let ((server, password), scratch) = (protected(), Scratch::new());
    let crane = |words: &str| {
        Run::tool("crane")
            .words(words)
            .env("DOCKER_CONFIG", scratch.path())
    };
    fails_by(crane("catalog").arg(server.host()), "UNAUTHORIZED");
    let login = crane("auth login --username docker --password-stdin");
    login.arg(server.host()).input(password.as_str()).ok();
    crane("catalog").arg(server.host()).ok();

    let authfile = scratch.join("auth.json");
    let tags = || {
        let image = format!("docker://{}/none", server.host());
        let skopeo = Run::tool("skopeo").words("list-tags --tls-verify=false --authfile");
        skopeo.arg(&authfile).arg(image)
    };
    let login = Run::tool("skopeo").words("login --tls-verify=false --username docker");
    let login = login.words("--password-stdin --authfile").arg(&authfile);
    login.arg(server.host()).input(password.as_str()).ok();
    // There is no such repository, which only those who are let in are told.
    fails_by(tags(), "404 (Not Found)");
    std::fs::write(&authfile, "{}").unwrap();
    fails_by(tags(), "authentication required");
}
