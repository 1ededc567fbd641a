//! Robots and people at the authorization server, until they are not let in any more: a
//! refresh token is good for no more, and no longer, than what it was had for.

use std::fs;

use serde_json::{Value, json};
use wharf_e2e::configured::Configured;
use wharf_e2e::http::Answer;
use wharf_e2e::scratch::Scratch;

use super::{access, ask, command, issuing, personal, refresh, status, text};
use crate::authorization_server::comes;

fn start() -> (Configured, Scratch) {
    let (configuration, files) = issuing();
    (configuration.start(), files)
}

/// A refresh token, as soon as the server knows this name and password.
fn logged_in(server: &Configured, user: &str, password: &str) -> String {
    let mut answer = None;
    comes(|| {
        let asked = ask(
            &server.http(),
            Some((user, password)),
            "offline_token=true&client_id=test",
        );
        let is_in = asked.status == 200;
        answer = is_in.then(|| text(&asked, "refresh_token"));
        is_in
    });
    answer.unwrap()
}

fn is_void(answer: &Answer) -> bool {
    answer.status == 401 && answer.json()["error"] == "invalid_grant"
}

#[test]
fn a_refresh_token_of_a_robot_is_for_no_more_than_its_token() {
    let (server, _files) = start();
    let http = server.http();
    command(&server, "user add ci --no-password").ok();
    let (robot, id) = personal(&server, "--user ci --scope repository:team/*:pull,push");
    let kept = logged_in(&server, "ci", &robot);
    let everything = "repository:team/app:*+repository:other/app:*+registry:catalog:*";
    for answer in [
        ask(&http, Some(("ci", &robot)), &format!("scope={everything}")),
        refresh(&http, &kept, everything),
    ] {
        assert_eq!(answer.status, 200, "{answer:#?}");
        let token = text(&answer, "token");
        assert_eq!(access(&token), "repository:team/app:pull,push");
        assert_eq!(
            status(&http, "POST", "/v2/team/app/blobs/uploads/", &token),
            202
        );
        assert_eq!(
            status(&http, "DELETE", "/v2/team/app/manifests/1", &token),
            401
        );
        assert_eq!(status(&http, "GET", "/v2/other/app/tags/list", &token), 401);
        assert_eq!(status(&http, "GET", "/v2/_catalog", &token), 401);
    }
    // Where a password is sent in a form, it may be a token as well.
    let form = format!(
        "grant_type=password&client_id=test&service=wharfinger&username=ci&password={robot}&\
         scope={everything}"
    );
    let call = http.post("/auth/token").body(form);
    let call = call.header("Content-Type", "application/x-www-form-urlencoded");
    let token = text(&call.expect(200), "access_token");
    assert_eq!(access(&token), "repository:team/app:pull,push");

    command(&server, "token revoke").arg(&id).ok();
    comes(|| is_void(&refresh(&http, &kept, "")));
    assert_eq!(ask(&http, Some(("ci", &robot)), "").status, 401);
    let log = server.log();
    assert!(!log.contains(&robot) && !log.contains(&kept), "{log}");
}

#[test]
fn a_refresh_token_ends_with_the_token_that_it_was_had_for() {
    let (server, _files) = start();
    let http = server.http();
    command(&server, "user add ci --no-password").ok();
    let (robot, id) = personal(&server, "--user ci --expires 1h");
    let (other, _) = personal(&server, "--user ci");
    let kept = logged_in(&server, "ci", &robot);
    let lasting = logged_in(&server, "ci", &other);
    assert_eq!(refresh(&http, &kept, "").status, 200);
    // An hour later.
    let path = server.directory().join("auth/tokens.json");
    let mut tokens: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let expires = find(&mut tokens, &id).unwrap();
    assert!(expires.as_u64().unwrap() > 3600);
    *expires = json!(1_000_000);
    fs::write(&path, tokens.to_string()).unwrap();
    comes(|| is_void(&refresh(&http, &kept, "")));
    assert_eq!(ask(&http, Some(("ci", &robot)), "").status, 401);
    assert_eq!(refresh(&http, &lasting, "").status, 200);
}

/// When a token in the file expires, wherever in the file it is.
fn find<'a>(tokens: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    let map = tokens.as_object_mut()?;
    if map.contains_key(id) {
        return map[id].get_mut("expires");
    }
    map.values_mut().find_map(|inner| find(inner, id))
}

#[test]
fn a_new_password_voids_the_refresh_tokens_of_the_old_one() {
    let (server, files) = start();
    let http = server.http();
    let set = |words: &str, password: &str| {
        let run = command(&server, words).arg("--password-stdin");
        run.input(password).ok();
    };
    set("user add dora", "password of dora");
    let dora = logged_in(&server, "dora", "password of dora");
    // And of somebody in the password file, whose hash another one takes the place of.
    let (ann, bob) = (
        logged_in(&server, "ann", "secret"),
        logged_in(&server, "bob", "secret"),
    );
    let robot = personal(&server, "--user dora").0;
    let by_robot = logged_in(&server, "dora", &robot);
    set("user passwd dora", "another password");
    comes(|| is_void(&refresh(&http, &dora, "")));
    assert_eq!(
        ask(&http, Some(("dora", "password of dora")), "").status,
        401
    );
    assert_eq!(
        ask(&http, Some(("dora", "another password")), "").status,
        200
    );
    // What was had for a token has nothing to do with it.
    assert_eq!(refresh(&http, &by_robot, "").status, 200);

    let path = files.join("htpasswd");
    let text = fs::read_to_string(&path).unwrap();
    let rest: Vec<_> = text.lines().filter(|it| !it.starts_with("ann:")).collect();
    fs::write(&path, format!("{}\nann:{OTHER}\n", rest.join("\n"))).unwrap();
    comes(|| is_void(&refresh(&http, &ann, "")));
    assert_eq!(refresh(&http, &bob, "").status, 200);
    assert_eq!(ask(&http, Some(("ann", "other")), "").status, 200);
}

#[test]
fn whoever_is_removed_has_no_refresh_token_not_even_as_a_new_user_of_that_name() {
    let (server, _files) = start();
    let http = server.http();
    let add = || {
        let run = command(&server, "user add dora --password-stdin");
        run.input("password of dora").ok();
    };
    add();
    let robot = personal(&server, "--user dora").0;
    let kept = logged_in(&server, "dora", "password of dora");
    let by_robot = logged_in(&server, "dora", &robot);
    command(&server, "user remove dora").ok();
    comes(|| is_void(&refresh(&http, &kept, "")));
    assert!(is_void(&refresh(&http, &by_robot, "")));
    assert_eq!(
        ask(&http, Some(("dora", "password of dora")), "").status,
        401
    );
    assert_eq!(ask(&http, Some(("dora", &robot)), "").status, 401);
    add();
    logged_in(&server, "dora", "password of dora");
    assert!(is_void(&refresh(&http, &kept, "")));
    assert!(is_void(&refresh(&http, &by_robot, "")));
    assert_eq!(ask(&http, Some(("dora", &robot)), "").status, 401);
}

#[test]
fn attack_what_resembles_a_refresh_token_is_none() {
    let (server, _files) = start();
    let http = server.http();
    let ann = logged_in(&server, "ann", "secret");
    let bob = logged_in(&server, "bob", "secret");
    let (id, secret) = ann.split_once('.').unwrap();
    let (_, of_bob) = bob.split_once('.').unwrap();
    let listed = fs::read_to_string(server.directory().join("auth/refresh.json")).unwrap();
    assert!(listed.contains(id) && !listed.contains(secret), "{listed}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let hash = listed["entries"][0]["hash"].as_str().unwrap().to_owned();
    let long = format!("{id}.{}", "a".repeat(3000));
    for forged in [
        id,
        secret,
        &format!("{id}."),
        &format!(".{secret}"),
        &format!("{id}.{of_bob}"),
        // What is in the file is of no use.
        &format!("{id}.{hash}"),
        &format!("{id}.{secret}a"),
        &format!("{id}.{}", &secret[1..]),
        &format!("{id}.{}", secret.to_ascii_lowercase()),
        "secret",
        &long,
    ] {
        let answer = refresh(&http, forged, "");
        assert!(is_void(&answer), "{forged}: {answer:#?}");
    }
    // For another registry.
    let form = format!("grant_type=refresh_token&service=other&refresh_token={ann}");
    let call = http.post("/auth/token").body(form);
    let call = call.header("Content-Type", "application/x-www-form-urlencoded");
    call.expect(400);
    assert_eq!(refresh(&http, &ann, "").status, 200);
}

/// bcrypt, of `other`.
const OTHER: &str = "$2y$05$bbcdefghijklmnopqrstuuRbJMaOE85Jzy7YxrhO2UtTmhGFRpQlO";
