//! Tables of who may do what.

use std::net::IpAddr;

use ipnet::IpNet;

use super::*;
use crate::{Account, Glob, Permitted, Restriction};

/// Actions as an operator writes them.
fn actions(words: &str) -> Actions {
    let words = words.split(',');
    words.map(|word| Action::parse(word).unwrap()).collect()
}

fn rule(who: Who, repositories: &str, words: &str, effect: Effect) -> Rule {
    let patterns = repositories.split(' ');
    let patterns = patterns.map(|pattern| RepositoryPattern::parse(pattern).unwrap());
    Rule {
        name: None,
        who,
        what: What::Repositories(patterns.collect(), actions(words)),
        networks: Vec::new(),
        effect,
    }
}

fn allow(who: Who, repositories: &str, words: &str) -> Rule {
    rule(who, repositories, words, Effect::Allow)
}

fn deny(who: Who, repositories: &str, words: &str) -> Rule {
    rule(who, repositories, words, Effect::Deny)
}

fn accounts(pattern: &str) -> Who {
    Who::Accounts(vec![Glob::parse(pattern).unwrap()], Vec::new())
}

fn group(name: &str, members: &[&str]) -> Who {
    Who::Accounts(Vec::new(), vec![Group::new(name, members.iter().copied())])
}

fn account(name: &str) -> Account {
    Account {
        name: name.to_owned(),
        ..Account::default()
    }
}

/// `-` is nobody; `ann@192.0.2.1` is there.
fn decide(rules: &Rules, who: &str, action: &str, repository: &str) -> Decision {
    let (name, address) = who.split_once('@').unwrap_or((who, ""));
    let account = (name != "-").then(|| account(name));
    let subject = Subject {
        account: account.as_ref(),
        address: address.parse().ok(),
    };
    let resource = match repository {
        "catalog" => Resource::Catalog,
        name => Resource::Repository(name.parse().unwrap()),
    };
    rules.decide(&subject, &resource, Action::parse(action).unwrap())
}

fn check(rules: &Rules, table: &[(&str, &str, &str, bool, &str)]) {
    for (who, action, repository, is_allowed, because) in table {
        let decision = decide(rules, who, action, repository);
        let told = (decision.is_allowed, decision.because.as_str());
        assert_eq!(told, (*is_allowed, *because), "{who} {action} {repository}");
    }
}

#[test]
fn without_rules_accounts_may_do_everything_and_others_nothing() {
    check(
        &Rules::default(),
        &[
            ("ann", "pull", "a", true, "there are no rules"),
            ("ann", "*", "a", true, "there are no rules"),
            ("ann", "*", "catalog", true, "there are no rules"),
            ("-", "pull", "a", false, "there are no rules"),
            ("-", "*", "catalog", false, "there are no rules"),
        ],
    );
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = Rules::new(vec![
        deny(accounts("*"), "secret/**", "push"),
        allow(accounts("ann"), "**", "pull,push"),
        allow(accounts("**"), "secret/**", "*"),
        allow(Who::Everybody, "public/*", "pull"),
    ]);
    check(
        &rules,
        &[
            ("ann", "push", "secret/a", false, "rule 1"),
            ("ann", "pull", "secret/a", true, "rule 2"),
            ("ann", "delete", "secret/a", true, "rule 3"),
            ("ann", "delete", "a", false, "no rule fits"),
            ("bob", "push", "secret/a", false, "rule 1"),
            ("bob", "pull", "secret/a", true, "rule 3"),
            ("bob", "pull", "public/a", true, "rule 4"),
            ("bob", "push", "public/a", false, "no rule fits"),
            ("-", "pull", "public/a", true, "rule 4"),
            ("-", "pull", "public/a/b", false, "no rule fits"),
            ("-", "pull", "secret/a", false, "no rule fits"),
        ],
    );
}

#[test]
fn all_is_denied_to_whom_anything_is_denied() {
    let rules = Rules::new(vec![
        deny(accounts("bob"), "a", "delete"),
        allow(accounts("ann"), "a", "pull,push,delete"),
        allow(accounts("{bob,carl}"), "a", "*"),
        allow(accounts("ann"), "b", "*"),
    ]);
    check(
        &rules,
        &[
            ("bob", "*", "a", false, "rule 1"),
            ("bob", "push", "a", true, "rule 3"),
            ("carl", "*", "a", true, "rule 3"),
            ("carl", "delete", "a", true, "rule 3"),
            ("ann", "*", "a", false, "no rule fits"),
            ("ann", "*", "b", true, "rule 4"),
        ],
    );
}

#[test]
fn groups_are_those_of_the_configuration_and_those_of_the_account() {
    let rules = Rules::new(vec![allow(group("team", &["ann"]), "team/*", "*")]);
    check(
        &rules,
        &[
            ("ann", "push", "team/a", true, "rule 1"),
            ("an", "push", "team/a", false, "no rule fits"),
            ("team", "push", "team/a", false, "no rule fits"),
            ("-", "push", "team/a", false, "no rule fits"),
        ],
    );
    let team: Resource = Resource::Repository("team/a".parse().unwrap());
    for (name, is_allowed) in [
        ("team", true),
        ("Team", false),
        ("teams", false),
        ("*", false),
    ] {
        let account = Account {
            groups: vec!["other".to_owned(), name.to_owned()],
            ..account("bob")
        };
        let subject = Subject {
            account: Some(&account),
            address: None,
        };
        let decision = rules.decide(&subject, &team, Action::Push);
        assert_eq!(decision.is_allowed, is_allowed, "{name}");
    }
}

#[test]
fn networks_are_where_a_client_has_to_be() {
    let within = |network: &str, rule: Rule| Rule {
        networks: vec![network.parse::<IpNet>().unwrap()],
        ..rule
    };
    let rules = Rules::new(vec![
        within("192.0.2.0/24", allow(accounts("*"), "a", "*")),
        within("2001:db8::/32", allow(accounts("*"), "a", "pull")),
        deny(Who::Everybody, "a", "*"),
    ]);
    check(
        &rules,
        &[
            ("ann@192.0.2.7", "push", "a", true, "rule 1"),
            ("ann@::ffff:192.0.2.7", "push", "a", true, "rule 1"),
            ("ann@192.0.3.7", "push", "a", false, "rule 3"),
            ("ann@2001:db8::1", "push", "a", false, "rule 3"),
            ("ann@2001:db8::1", "pull", "a", true, "rule 2"),
            // On a unix socket there is no address.
            ("ann", "push", "a", false, "rule 3"),
        ],
    );
}

#[test]
fn the_list_of_repositories_is_for_rules_about_the_registry() {
    let registry = |who, effect| Rule {
        name: Some("lists".to_owned()),
        who,
        what: What::Registry,
        networks: Vec::new(),
        effect,
    };
    let rules = Rules::new(vec![
        allow(accounts("ann"), "**", "*"),
        registry(accounts("bob"), Effect::Deny),
        registry(accounts("b*"), Effect::Allow),
    ]);
    check(
        &rules,
        &[
            ("ann", "*", "catalog", false, "no rule fits"),
            ("bob", "*", "catalog", false, "rule 2 (lists)"),
            ("bo", "*", "catalog", true, "rule 3 (lists)"),
            ("bo", "pull", "a", false, "no rule fits"),
            ("-", "*", "catalog", false, "no rule fits"),
        ],
    );
}

#[test]
fn a_robot_may_do_what_both_its_scopes_and_the_rules_allow() {
    let rules = Rules::new(vec![allow(accounts("ann"), "team/**", "*")]);
    let scope = Permitted::Repositories(Glob::new("**"), Action::Pull.into());
    let robot = Account {
        restriction: Some(Restriction {
            scopes: vec![scope],
        }),
        ..account("ann")
    };
    let subject = Subject {
        account: Some(&robot),
        address: None,
    };
    let decide = |rules: &Rules, action, name: &str| {
        rules.decide(
            &subject,
            &Resource::Repository(name.parse().unwrap()),
            action,
        )
    };
    assert!(decide(&rules, Action::Pull, "team/a").is_allowed);
    for (rules, action, name, because) in [
        (&rules, Action::Push, "team/a", "the token's scopes"),
        (&rules, Action::All, "team/a", "the token's scopes"),
        (&rules, Action::Pull, "other", "no rule fits"),
        (&Rules::default(), Action::Push, "a", "the token's scopes"),
    ] {
        let decision = decide(rules, action, name);
        assert!(!decision.is_allowed, "{action} {name}");
        assert_eq!(decision.because, because);
    }
}

#[test]
fn what_is_granted_is_what_each_action_is_decided_to_be() {
    let rules = Rules::new(vec![
        deny(accounts("ann"), "a", "delete"),
        allow(accounts("ann"), "a", "*"),
    ]);
    let ann = account("ann");
    let subject = Subject {
        account: Some(&ann),
        address: "192.0.2.1".parse::<IpAddr>().ok(),
    };
    let wanted = |words: &str| Access {
        resource: Resource::Repository("a".parse().unwrap()),
        actions: actions(words),
    };
    for (words, granted) in [
        ("pull,push,delete,*", "pull,push"),
        ("pull", "pull"),
        ("delete,*", ""),
    ] {
        let actions = rules.grant(&subject, &wanted(words));
        assert_eq!(actions.to_string(), granted, "{words}");
    }
    assert_eq!(rules.objection(&subject, &[wanted("pull,push")]), None);
    let needs = [wanted("pull"), wanted("push,delete")];
    let objection = rules.objection(&subject, &needs).unwrap();
    assert_eq!(objection.because, "rule 1");
}

#[test]
fn shared_rules_change_for_all_who_have_them() {
    let shared = SharedRules::from(Rules::default());
    let (other, before) = (shared.clone(), shared.current());
    shared.replace(Rules::new(vec![allow(accounts("ann"), "a", "pull")]));
    assert_eq!(other.current().len(), 1);
    assert!(before.is_empty());
}

#[test]
fn each_rule_that_decides_is_told_once() {
    let rules = Rules::new(vec![
        Rule {
            name: Some("the team".to_owned()),
            ..allow(accounts("ann"), "team/*", "pull,push")
        },
        allow(Who::Everybody, "**", "pull"),
    ]);
    let ann = account("ann");
    let grounds = |account, needs: &[(&str, &str)]| {
        let subject = Subject {
            account,
            address: None,
        };
        let needs: Vec<_> = needs
            .iter()
            .map(|(name, words)| Access {
                resource: Resource::Repository(name.parse().unwrap()),
                actions: actions(words),
            })
            .collect();
        rules.grounds(&subject, &needs)
    };
    let push = [("team/app", "pull,push")];
    assert_eq!(grounds(Some(&ann), &push), "rule 1 (the team)");
    let mount = [("team/app", "pull,push"), ("public", "pull")];
    assert_eq!(grounds(Some(&ann), &mount), "rule 1 (the team), rule 2");
    assert_eq!(grounds(None, &push), "rule 2, no rule fits");
    assert_eq!(grounds(None, &[]), "");
}
