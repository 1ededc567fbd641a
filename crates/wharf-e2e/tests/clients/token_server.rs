//! `auth.token` with an authorization server that others wrote and have used for years.

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::token_server::TokenServer;

use crate::docker::docker;

fn guarded_by(server: &TokenServer) -> Configured {
    let token = json!({
        "realm": server.realm(),
        "service": "registry.test",
        "issuer": TokenServer::ISSUER,
        "rootcertbundle": server.certificate(),
    });
    Configuration::default()
        .set("auth", json!({"token": token}))
        .start()
}

#[test]
fn docker_logs_in_with_distributions_own_token_server() {
    let (server, docker) = (TokenServer::start(), docker());
    let registry = guarded_by(&server);
    let image = format!("{}/docker/image:1", registry.host());
    let others = format!("{}/others/image:1", registry.host());
    docker.run("tag").arg(BASE_IMAGE).arg(&image).ok();
    docker.run("tag").arg(BASE_IMAGE).arg(&others).ok();
    let login = |password: &str| {
        let login = docker.run("login --username docker --password-stdin");
        login.arg(registry.host()).input(password)
    };
    login("guessed").fails();
    docker.run("push").arg(&image).fails();

    let told = login(&server.password()).ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
    docker.run("push").arg(&image).ok();
    docker.run("rmi").arg(&image).ok();
    docker.run("pull").arg(&image).ok();
    let refused = docker.run("push").arg(&others).fails();
    assert!(refused.mentions("denied"), "{refused:#?}");

    docker.run("logout").arg(registry.host()).ok();
    docker.run("rmi").arg(&image).ok();
    docker.run("pull").arg(&image).fails();
}

#[test]
fn crane_logs_in_with_distributions_own_token_server() {
    let (server, scratch) = (TokenServer::start(), Scratch::new());
    let registry = guarded_by(&server);
    let crane = |words: &str| {
        Run::tool("crane")
            .words(words)
            .env("DOCKER_CONFIG", scratch.path())
    };
    crane("catalog").arg(registry.host()).fails();
    let login = crane("auth login --username docker --password-stdin");
    let password = server.password();
    login.arg(registry.host()).input(password.as_str()).ok();
    crane("catalog").arg(registry.host()).ok();
}
