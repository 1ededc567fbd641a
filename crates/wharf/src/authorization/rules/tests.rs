//! What operators write, and what is told about it.

use wharf_auth::{Account, Resource, Subject};
use wharf_config::{Sources, load};

use super::*;

/// The rules below `wharfinger.auth`, from line 4 on; with the warnings, one in a line.
fn read(auth: &str) -> Result<(Rules, String), String> {
    let file = format!(
        "version: 0.1\nstorage: inmemory\nauth: {{htpasswd: {{realm: r, path: p}}}}\n\
         wharfinger: {{auth: {{\n{auth}\n}}}}\n"
    );
    let sources = Sources {
        file: Some(("c.yml".to_owned(), file)),
        ..Sources::default()
    };
    let loaded = load(&sources).unwrap();
    let mut warnings = Vec::new();
    let rules = rules(&loaded, &mut warnings).map_err(|error| error.to_string())?;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    Ok((rules, warnings.join("\n")))
}

/// What is wrong with a rule.
fn error(rule: &str) -> String {
    read(&format!("rules: [\n{rule}\n]")).unwrap_err()
}

#[test]
fn what_cannot_be_used_is_told_with_its_place() {
    for (rule, expected) in [
        (
            "{repositories: [a], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0]: a rule for nobody",
        ),
        (
            "{accounts: [a], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0]: a rule about nothing",
        ),
        (
            "{accounts: [a], repositories: [b]}",
            "c.yml:6: wharfinger.auth.rules[0]: a rule about no action",
        ),
        (
            "{accounts: [a], repositories: [b], actions: [\npull,\npul]}",
            "c.yml:8: wharfinger.auth.rules[0].actions[1]: `pul`: none of pull, push, delete and *",
        ),
        (
            "{accounts: [a], repositories: [b], actions: [pull], networks: [10.0.0.0/33]}",
            "c.yml:6: wharfinger.auth.rules[0].networks[0]: `10.0.0.0/33`: no network",
        ),
        (
            "{accounts: ['a{'], repositories: [b], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0].accounts[0]: `a{`: unclosed brace",
        ),
        (
            "{accounts: [a], repositories: ['users/${user}/*'], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0].repositories[0]: `users/${user}/*`: `$` can only",
        ),
        (
            "{accounts: [a], repositories: ['team**'], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0].repositories[0]: `team**`: `**` has to be all",
        ),
        (
            "{accounts: [a], repositories: ['!b'], actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0].repositories[0]: `!b`: a pattern cannot begin",
        ),
        (
            "{accounts: [a], class: admin, repositories: [b]}",
            "c.yml:6: wharfinger.auth.rules[0].repositories: a rule with `class: admin`",
        ),
        (
            "{accounts: [a], class: admin, actions: [pull]}",
            "c.yml:6: wharfinger.auth.rules[0].actions: with `class: admin` there is only `*`",
        ),
    ] {
        let told = error(rule);
        assert!(told.starts_with(expected), "{rule}\n{told}");
    }
    let second = "{anonymous: true, repositories: [a], actions: [pull]},\n{accounts: [a]}";
    assert!(error(second).starts_with("c.yml:7: wharfinger.auth.rules[1]: "));
}

#[test]
fn what_is_odd_is_told_and_holds() {
    let (rules, told) = read(
        "groups: {team: ['b*']}, rules: [\n\
         {groups: [tema], repositories: [a], actions: [pull]},\n\
         {anonymous: true, accounts: [a], repositories: [a], actions: [pull]}]",
    )
    .unwrap();
    assert_eq!(rules.len(), 2);
    insta::assert_snapshot!(told, @r"
    c.yml:5: wharfinger.auth.groups.team: `b*` is the name of an account here, not a pattern
    c.yml:6: wharfinger.auth.rules[0].groups[0]: there is no group `tema` in wharfinger.auth.groups
    c.yml:7: wharfinger.auth.rules[1].anonymous: fits everybody: `accounts` and `groups` beside it change nothing
    ");
}

/// They are in files that change while the server runs.
#[test]
fn groups_of_wharf_user_need_not_be_in_the_configuration() {
    let text = "directory: /accounts, rules: [{groups: [red], repositories: [a], actions: [pull]}]";
    let (rules, told) = read(text).unwrap();
    assert_eq!((rules.len(), told.as_str()), (1, ""));
}

#[test]
fn a_rule_fits_what_is_written() {
    let (rules, told) = read(
        "groups: {team: [ann]}, rules: [\n\
         {name: robots, accounts: ['ci-*'], repositories: ['**'], actions: [pull],\n\
          networks: [192.0.2.1, '::ffff:198.51.100.0/120']},\n\
         {groups: [team, others], repositories: ['team/**', 'users/${account}/*'], actions: ['*']},\n\
         {accounts: ['*'], class: admin, effect: deny, actions: ['*']},\n\
         {accounts: ['*'], repositories: [shared], actions: [pull, push]},\n\
         {anonymous: true, class: admin}]",
    )
    .unwrap();
    assert!(
        told.contains("no group `others`") && told.lines().count() == 1,
        "{told}"
    );
    let repository = |name: &str| Resource::Repository(name.parse().unwrap());
    for (name, address, resource, action, is_allowed, because) in [
        (
            "ci-1",
            "192.0.2.1",
            repository("x/y"),
            Action::Pull,
            true,
            "rule 1 (robots)",
        ),
        (
            "ci-1",
            "198.51.100.9",
            repository("x"),
            Action::Pull,
            true,
            "rule 1 (robots)",
        ),
        (
            "ci-1",
            "192.0.2.2",
            repository("x"),
            Action::Pull,
            false,
            "no rule fits",
        ),
        (
            "ann",
            "192.0.2.2",
            repository("team/a/b"),
            Action::Delete,
            true,
            "rule 2",
        ),
        (
            "ann",
            "192.0.2.2",
            repository("users/ann/b"),
            Action::All,
            true,
            "rule 2",
        ),
        (
            "ann",
            "192.0.2.2",
            repository("users/bob/b"),
            Action::Pull,
            false,
            "no rule fits",
        ),
        (
            "bob",
            "192.0.2.2",
            repository("team/a"),
            Action::Pull,
            false,
            "no rule fits",
        ),
        (
            "ann",
            "192.0.2.2",
            Resource::Catalog,
            Action::All,
            false,
            "rule 3",
        ),
        // In the name of an account a slash separates nothing.
        (
            "a/b",
            "192.0.2.2",
            repository("shared"),
            Action::Push,
            true,
            "rule 4",
        ),
        (
            "a/b",
            "192.0.2.2",
            repository("shared"),
            Action::Delete,
            false,
            "no rule fits",
        ),
    ] {
        let account = Account {
            name: name.to_owned(),
            ..Account::default()
        };
        let subject = Subject {
            account: Some(&account),
            address: address.parse().ok(),
        };
        let decision = rules.decide(&subject, &resource, action);
        let told = (decision.is_allowed, decision.because.as_str());
        assert_eq!(told, (is_allowed, because), "{name} {resource} {action}");
    }
    let nobody = Subject {
        account: None,
        address: None,
    };
    let decision = rules.decide(&nobody, &Resource::Catalog, Action::All);
    assert_eq!(decision.because, "rule 5");
}

#[test]
fn networks_are_read_as_the_addresses_of_clients_are() {
    for (text, expected) in [
        ("192.0.2.0/24", Ok("192.0.2.0/24")),
        ("192.0.2.7", Ok("192.0.2.7/32")),
        ("2001:db8::/32", Ok("2001:db8::/32")),
        ("::1", Ok("::1/128")),
        ("::ffff:192.0.2.0/120", Ok("192.0.2.0/24")),
        ("::ffff:0:0/96", Ok("0.0.0.0/0")),
        ("::/0", Ok("::/0")),
        (
            "::ffff:192.0.2.0/90",
            Err("a network that has both IPv4 and IPv6 in it: write two"),
        ),
    ] {
        let read = network(text).map(|network| network.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }
    assert!(network("everywhere").is_err() && network("").is_err());
}
