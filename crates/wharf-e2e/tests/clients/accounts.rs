//! `wharf user` and `wharf token`, and what clients then may do.

use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::wharf;

use crate::docker::docker;

/// A registry with a directory of accounts, which is empty. Wrong passwords are not counted:
/// tests show right ones until they are known.
fn registry() -> Configured {
    Configuration::default()
        .set("wharfinger.auth.limits.logins.failures", json!(0))
        .set("wharfinger.auth.directory", json!("{scratch}/accounts"))
        .start()
}

/// A command that changes its accounts.
fn command(server: &Configured, words: &str) -> Run {
    Run::program(wharf())
        .words(words)
        .arg("--directory")
        .arg(server.directory().join("accounts"))
}

fn add(server: &Configured, user: &str, password: &str) {
    let add = command(server, "user add --password-stdin").arg(user);
    add.input(password).ok();
}

/// A token, and its id.
fn token(server: &Configured, words: &str) -> (String, String) {
    let told = command(server, "token create --json").words(words).ok();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let text = |key: &str| told[key].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

/// The status that a request with a name and a password gets.
fn status(server: &Configured, user: &str, password: &str, path: &str) -> u16 {
    let basic = STANDARD.encode(format!("{user}:{password}"));
    let http = server.http();
    let call = http.get(path);
    let call = call.header("Authorization", &format!("Basic {basic}"));
    call.send().status
}

/// Waits for what a change of the accounts brings, and no longer than it may take.
fn soon(server: &Configured, user: &str, password: &str, expected: u16) {
    let started = Instant::now();
    while status(server, user, password, "/v2/") != expected {
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{}",
            server.log()
        );
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn docker_logs_in_with_a_user_and_pushes_what_a_token_is_good_for() {
    let (server, docker) = (registry(), docker());
    add(&server, "ann", "password of ann");
    soon(&server, "ann", "password of ann", 200);
    let login = |user: &str, password: &str| {
        let login = docker.run("login --password-stdin --username").arg(user);
        let told = login.arg(server.host()).input(password).ok();
        assert!(told.mentions("Login Succeeded"), "{told:#?}");
    };
    let image = |name: &str| {
        let image = format!("{}/{name}:1", server.host());
        docker.run("tag").arg(BASE_IMAGE).arg(&image).ok();
        image
    };
    login("ann", "password of ann");
    docker.run("push").arg(image("other/app")).ok();

    command(&server, "user add ci --no-password").ok();
    let (token, id) = token(&server, "--user ci --scope repository:team/*:pull,push");
    soon(&server, "ci", &token, 200);
    login("ci", &token);
    docker.run("push").arg(image("team/app")).ok();
    let told = docker.run("push").arg(image("other/app")).fails();
    assert!(told.mentions("denied"), "{told:#?}");
    assert_eq!(status(&server, "ci", &token, "/v2/team/app/tags/list"), 200);
    assert_eq!(
        status(&server, "ci", &token, "/v2/other/app/tags/list"),
        403
    );
    assert_eq!(status(&server, "ci", &token, "/v2/_catalog"), 403);

    command(&server, "token revoke").arg(&id).ok();
    soon(&server, "ci", &token, 401);
    docker.run("logout").arg(server.host()).ok();
    assert!(!server.log().contains(&token), "{}", server.log());
}

#[test]
fn crane_logs_in_with_a_token_until_its_user_is_removed() {
    let (server, scratch) = (registry(), Scratch::new());
    add(&server, "ann", "password of ann");
    let (token, _) = token(&server, "--user ann --expires 1h --description laptop");
    soon(&server, "ann", &token, 200);
    let crane = |words: &str| {
        let crane = Run::tool("crane").words(words);
        crane.env("DOCKER_CONFIG", scratch.path())
    };
    let login = crane("auth login --username ann --password-stdin");
    login.arg(server.host()).input(token.as_str()).ok();
    crane("catalog").arg(server.host()).ok();
    let told = command(&server, "user remove ann").ok();
    assert!(told.text().contains("revoked 1 token"), "{told:#?}");
    soon(&server, "ann", &token, 401);
    crane("catalog").arg(server.host()).fails();
}

#[test]
fn a_server_writes_the_last_use_when_it_stops_and_no_change_is_lost() {
    let kept = Scratch::new();
    let server = Configuration::default()
        .set("wharfinger.auth.directory", json!(kept.path()))
        .start();
    let run = |words: &str| {
        let run = Run::program(wharf()).words(words);
        run.arg("--directory").arg(kept.path())
    };
    let listed =
        |words: &str| -> Value { serde_json::from_slice(&run(words).ok().stdout).unwrap() };
    run("user add ann --no-password").ok();
    let told: Value = listed("token create --json --user ann");
    soon(&server, "ann", told["token"].as_str().unwrap(), 200);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let run = &run;
            scope.spawn(move || run(&format!("user add user-{number} --no-password")).ok());
        }
    });
    assert_eq!(listed("user list --json").as_array().unwrap().len(), 9);
    assert_eq!(listed("token list --json")[0]["last_used"], Value::Null);
    assert!(server.stop().success());
    let token = &listed("token list --json")[0];
    assert_eq!(token["id"], told["id"]);
    assert!(token["last_used"].is_string(), "{token}");
    assert_eq!(token["last_address"], json!("127.0.0.1"));
    assert_eq!(listed("user list --json").as_array().unwrap().len(), 9);
}

#[test]
fn what_is_said_wrong_is_told_with_what_to_do() {
    let scratch = Scratch::new();
    let run = |words: &str| {
        let run = Run::program(wharf()).words(words);
        run.env("REGISTRY_CONFIGURATION_PATH", "")
    };
    let there = |words: &str| run(words).arg("--directory").arg(scratch.path());
    there("user add ann --password-stdin")
        .input("password of ann\n")
        .ok();
    for (run, hint) in [
        (run("user list"), "set wharfinger.auth.directory"),
        (there("user add ann --generate"), "wharf user passwd ann"),
        (there("user add bob"), "--password-stdin or --generate"),
        (
            there("user add bob --password-stdin").input("short"),
            "at least 8 characters",
        ),
        (there("user add a:b --no-password"), "none of"),
        (
            there("user add bob --generate --no-password"),
            "cannot be used with",
        ),
        (there("user passwd bob"), "wharf user list"),
        (there("user remove bob"), "wharf user list"),
        (
            there("token create --user bob"),
            "wharf user add bob --no-password",
        ),
        (
            there("token create --user ann --scope team/*:pull"),
            "repository:PATTERN:ACTIONS",
        ),
        (there("token create --user ann --expires 90"), "such as 90d"),
        (there("token revoke 0123456789ab"), "wharf token list"),
    ] {
        let told = run.fails();
        assert!(told.mentions(hint), "{hint}: {told:#?}");
    }
    let groups = there("user groups ann --add team --add a").ok();
    assert_eq!(groups.lines(), ["a", "team"]);
    assert_eq!(there("user groups ann --remove a").ok().lines(), ["team"]);
    let made = there("user passwd ann --generate").ok();
    assert_eq!(made.text().len(), 24);
    let list = there("user list").ok().lines();
    assert!(list[0].starts_with("NAME  PASSWORD  CREATED") && list[1].ends_with("team"));
    let token = there("token create --user ann").ok();
    assert!(
        token.text().starts_with("wharf_") && token.lines().len() == 1,
        "{token:#?}"
    );
    let list = there("token list").ok().lines();
    assert!(
        list[1].contains(" ann ") && list[1].contains("  all"),
        "{list:?}"
    );
}
