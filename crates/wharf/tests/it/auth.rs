//! `wharf auth can-i`.

use std::io::Write as _;

use crate::process::{said, wharf};

const FILE: &str = "\
version: 0.1
storage: inmemory
auth: {htpasswd: {realm: Registry, path: /does/not/exist}}
wharfinger:
  auth:
    groups: {team: [ann]}
    rules:
      - {name: no pushes from outside, accounts: ['*'], repositories: ['**'], actions: [push],
         networks: [192.0.2.0/24], effect: deny}
      - {groups: [team], repositories: ['team/**'], actions: [pull, push]}
      - {accounts: ['*'], repositories: ['users/${account}/**'], actions: ['*']}
      - {accounts: [bob], repositories: [inbox], actions: [push]}
      - {accounts: [admin], class: admin}
      - {anonymous: true, repositories: ['public/**'], actions: [pull]}
";

fn can_i(file: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    config.write_all(file.as_bytes()).unwrap();
    let path = config.path().to_str().unwrap();
    said(&wharf(
        &[&["auth", "can-i", "--config", path], arguments].concat(),
    ))
}

#[test]
fn it_tells_the_decision_and_the_rule() {
    for (arguments, code, told) in [
        ("ann push team/app", 0, "allow: rule 2"),
        ("bob push team/app", 1, "deny: no rule fits"),
        ("bob push team/app --group team", 0, "allow: rule 2"),
        ("ann delete team/app", 1, "deny: no rule fits"),
        (
            "ann push team/app --address 192.0.2.7",
            1,
            "deny: rule 1 (no pushes from outside)",
        ),
        ("ann pull team/app --address 192.0.2.7", 0, "allow: rule 2"),
        ("bob delete users/bob/x", 0, "allow: rule 3"),
        ("bob pull users/ann/x", 1, "deny: no rule fits"),
        // Its requests need both.
        (
            "bob push inbox",
            1,
            "deny: no rule fits, on the pull that goes with a push",
        ),
        ("- pull public/app", 0, "allow: rule 6"),
        ("- push public/app", 1, "deny: no rule fits"),
        ("admin list _catalog", 0, "allow: rule 5"),
        ("ann list _catalog", 1, "deny: no rule fits"),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let (status, output, errors) = can_i(FILE, &words);
        let expected = (Some(code), format!("{told}\n"));
        assert_eq!((status, output), expected, "{arguments}: {errors}");
    }
    let (code, output, _) = can_i(FILE, &["-", "pull", "team/app", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    let expected = serde_json::json!({
        "account": null,
        "action": "pull",
        "resource": "repository:team/app",
        "allowed": false,
        "because": "no rule fits",
    });
    assert_eq!((code, json), (Some(1), expected));
}

#[test]
fn without_rules_it_says_who_may_do_what() {
    let open = "version: 0.1\nstorage: inmemory\n";
    let (code, output, _) = can_i(open, &["-", "push", "a"]);
    assert_eq!(code, Some(0));
    assert!(output.starts_with("allow: nobody is asked"), "{output}");
    let accounts = format!("{open}auth: {{htpasswd: {{realm: r, path: p}}}}\n");
    for (user, code) in [("ann", 0), ("-", 1)] {
        let (status, output, _) = can_i(&accounts, &[user, "push", "a"]);
        assert_eq!(status, Some(code));
        assert!(output.ends_with(": there are no rules\n"), "{output}");
    }
}

#[test]
fn what_cannot_be_told_is_neither_allowed_nor_denied() {
    let token = "version: 0.1\nstorage: inmemory\n\
                 auth: {token: {realm: r, service: s, issuer: i, jwks: j}}\n";
    let wrong = FILE.replace("[pull, push]", "[pul]");
    let unknown = FILE.replace("groups: [team]", "grups: [team]");
    for (file, arguments, told) in [
        (FILE, "ann push _catalog", "`list` goes with `_catalog`"),
        (FILE, "ann list team/app", "`list` goes with `_catalog`"),
        (FILE, "ann push Team/App", "a repository name has"),
        (FILE, "ann write team/app", "possible values"),
        (FILE, "ann push a --address here", "--address"),
        (token, "ann push a", "auth.token: what somebody may do"),
        (&wrong, "ann push a", "wharfinger.auth.rules[1].actions[0]"),
        (
            &unknown,
            "ann push a",
            "no such option; did you mean `groups`?",
        ),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let (code, output, errors) = can_i(file, &words);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments}");
        assert!(errors.contains(told), "{arguments}: {errors}");
    }
}

#[test]
fn config_check_looks_at_the_rules() {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    let wrong = FILE.replace("'team/**'", "'team/**x'");
    config.write_all(wrong.as_bytes()).unwrap();
    let path = config.path().to_str().unwrap();
    let (code, output, _) = said(&wharf(&["config", "check", path]));
    assert_eq!(code, Some(1));
    let expected = format!("error: {path}:10: wharfinger.auth.rules[1].repositories[0]: ");
    assert!(output.starts_with(&expected), "{output}");
}
