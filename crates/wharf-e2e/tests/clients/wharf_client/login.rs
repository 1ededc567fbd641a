//! `wharf login` and `wharf logout`.

use std::path::Path;

use serde_json::Value;
use wharf_e2e::server::{Server, free_address, wharf};

use super::explain::Guarded;
use super::{Client, Done, documented};

/// `wharf …` with this on standard input.
fn typed(client: &Client, line: &str, input: &str) -> Done {
    super::done(client.command(wharf()).words(line).input(input))
}

fn config(client: &Client) -> String {
    std::fs::read_to_string(client.path().join("config.json")).unwrap_or_default()
}

fn json(done: &Done) -> Value {
    assert_eq!(done.code, Some(0), "{done:#?}");
    serde_json::from_str(&done.stdout).unwrap()
}

#[test]
fn who_logged_in_is_known_until_the_logout() {
    let guarded = Guarded::start();
    let open = Server::wharf();
    let _ = open.push_index("app", "1");
    let (host, client) = (guarded.host(), Client::new());
    let copy = format!("copy {}/app:1 {host}/app:1", open.host());
    assert_eq!(client.run(&copy).code, Some(4));
    let login = format!("login {host} -u ann --password-stdin");
    let wrong = typed(&client, &login, "wrong\n");
    assert_eq!(wrong.code, Some(4), "{wrong:#?}");
    assert!(
        wrong
            .stderr
            .contains("not logged in: check name and password"),
        "{wrong:#?}"
    );
    assert_eq!(config(&client), "");
    let right = typed(&client, &login, "secret\n");
    assert_eq!(right.code, Some(0), "{right:#?}");
    assert_eq!(right.stdout, format!("logged in to {host} as ann\n"));
    assert!(right.stderr.contains("config.json"), "{right:#?}");
    assert!(!config(&client).contains("secret"), "{}", config(&client));
    client.ok(&copy);
    assert_eq!(client.ok(&format!("login --get-login {host}")), "ann\n");
    // What was kept is good, so nobody is asked for anything.
    let again = json(&client.run(&format!("login --json {host}")));
    assert_eq!(again["keptBefore"], true);
    let out = client.ok(&format!("logout {host}"));
    assert_eq!(out, format!("logged out of {host}\n"));
    let out = client.ok(&format!("logout {host}"));
    assert_eq!(out, format!("was not logged in to {host}\n"));
    assert_eq!(client.run(&copy).code, Some(4));
    let nobody = client.run(&format!("login --get-login {host}"));
    assert_eq!(nobody.code, Some(1));
    assert!(
        nobody
            .stderr
            .contains(&format!("not logged in to {host}: wharf login {host}"))
    );
}

#[test]
fn passwords_come_from_where_it_is_said() {
    let guarded = Guarded::start();
    let (host, client) = (guarded.host(), Client::new());
    let shown = client.run(&format!("login {host} -u ann -p secret"));
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    assert!(
        shown.stderr.contains("--password-stdin does not"),
        "{shown:#?}"
    );
    let by_creds = json(&client.run(&format!("login --json {host} --creds ann:secret")));
    assert_eq!(by_creds["user"], "ann");
    let file = client.path().join("config.json");
    assert_eq!(by_creds["file"].as_str().map(Path::new), Some(&*file));
    let all = json(&client.run("logout --all --json"));
    assert_eq!(all["loggedOut"], serde_json::json!([host]));
    for (line, code, said) in [
        (
            format!("login {host} -u ann"),
            1,
            "no terminal to ask for a password on",
        ),
        (
            format!("login {host}"),
            1,
            "no terminal to ask for name and password on",
        ),
        (
            format!("login {host} -u ann --password-stdin"),
            1,
            "no password in its first line",
        ),
        (
            format!("login {host} --anonymous"),
            1,
            "nobody cannot log in",
        ),
        (format!("login {host} -p secret"), 2, "--username"),
        (
            format!("login {} --creds ann:secret", free_address()),
            6,
            "cannot talk to",
        ),
        ("login Upper/Case".to_owned(), 2, "REGISTRY"),
    ] {
        let done = client.run(&line);
        assert_eq!(done.code, Some(code), "{line}: {done:#?}");
        assert!(done.stderr.contains(said), "{line}: {done:#?}");
    }
}

#[test]
fn the_variable_counts_before_what_is_kept() {
    let guarded = Guarded::start();
    let host = guarded.host();
    // ann:wrong
    let auths = format!(r#"{{"auths":{{"{host}":{{"auth":"YW5uOndyb25n"}}}}}}"#);
    let client = Client::new().with("DOCKER_AUTH_CONFIG", &auths);
    let login = typed(
        &client,
        &format!("login {host} -u ann --password-stdin"),
        "secret",
    );
    assert_eq!(login.code, Some(0), "{login:#?}");
    assert!(
        login
            .stderr
            .contains("DOCKER_AUTH_CONFIG has another login"),
        "{login:#?}"
    );
    let pull = client.run(&format!("pull {host}/app:1"));
    assert_eq!(pull.code, Some(4), "{pull:#?}");
    let out = client.run(&format!("logout {host}"));
    assert!(
        out.stderr.contains("counts as long as it is set"),
        "{out:#?}"
    );
}

#[test]
fn a_login_explains_itself() {
    let guarded = Guarded::start();
    let (host, client) = (guarded.host(), Client::new());
    let line = format!("login --explain {host} -u ann --password-stdin");
    let done = typed(&client, &line, "secret\n");
    assert_eq!(done.code, Some(0), "{done:#?}");
    let script = client.path().join("script");
    std::fs::write(&script, &done.stdout).unwrap();
    let bash = client.command("bash").words("-euo pipefail").arg(script);
    let made = super::done(bash.env("WHARF_PASSWORD", "secret"));
    assert_eq!(made.code, Some(0), "{}\n{made:#?}", done.stdout);
    // The registry answers the last ping, which has the token.
    assert!(
        made.stdout.contains(" 401 ") && made.stdout.contains(" 200 "),
        "{made:#?}"
    );
    assert!(!done.stdout.contains("secret"), "{}", done.stdout);
}

#[test]
fn examples_of_logging_in_work() {
    let guarded = Guarded::start();
    let client = Client::new();
    std::fs::write(client.path().join("password.txt"), "secret\n").unwrap();
    let names = [("registry.example", guarded.host())];
    documented::run("Logging in", &client, &names);
}
