//! Configurations that cannot be used: every error has its line.

use crate::support::{LEAST, errors};

#[test]
fn two_drivers_and_none() {
    insta::assert_snapshot!(errors("version: 0.1\nstorage: {filesystem: , inmemory: }\n", &[]), @"config.yml:2: storage.inmemory: must provide exactly one storage type. Provided: [filesystem, inmemory]");
    insta::assert_snapshot!(errors("version: 0.1\nstorage: {delete: {enabled: true}}\n", &[]), @"config.yml:2: storage: must provide exactly one storage type. Provided: []");
    insta::assert_snapshot!(errors("version: 0.1\n", &[]), @"config.yml:1: storage: must provide exactly one storage type. Provided: []");
}

#[test]
fn versions_that_do_not_exist() {
    insta::assert_snapshot!(errors("version: 0.2\nstorage: inmemory\n", &[]), @r#"config.yml:1: version: unsupported version: "0.2": write 0.1"#);
    insta::assert_snapshot!(errors("storage: inmemory\n", &[]), @"config.yml:1: version: this has to be said");
}

#[test]
fn what_is_no_yaml() {
    for file in ["a: [1", "\tx: y", "a: b: c", "a: 'x", "%", "&a *a"] {
        let errors = errors(file, &[]);
        assert!(errors.starts_with("config.yml:"), "{file}: {errors}");
    }
    insta::assert_snapshot!(errors("version: 0.1\n---\nversion: 0.1\n", &[]), @"config.yml:3: a second document: there can be only one");
}

#[test]
fn a_file_that_is_empty_or_no_section() {
    insta::assert_snapshot!(errors("", &[]), @"config.yml:1: version: this has to be said");
    insta::assert_snapshot!(errors("[1, 2]\n", &[]), @"config.yml:1: a section is expected here, not a list");
}

#[test]
fn every_error_is_told_at_once() {
    let file = format!(
        "{LEAST}http:\n  net: udp\n  relativeurls: maybe\n  headers:\n    X-A: {{b: c}}\nlog: loud\n"
    );
    insta::assert_snapshot!(errors(&file, &[]), @r"
    config.yml:8: log: a section is expected here, not one text
    config.yml:4: http.net: `udp` is none of: tcp, unix
    config.yml:5: http.relativeurls: `maybe` is neither true nor false
    config.yml:7: http.headers.X-A: a list is expected here
    ");
}

#[test]
fn serving_without_what_would_be_missed_is_refused() {
    let file = "version: 0.1\nstorage: oss\n";
    let errors = errors(file, &[]);
    assert!(
        errors.contains("config.yml:2: storage.oss: not built"),
        "{errors}"
    );
}

#[test]
fn an_authorization_that_nobody_knows_is_not_left_out() {
    let file = format!("{LEAST}auth: {{htpaswd: {{realm: r}}}}\n");
    insta::assert_snapshot!(errors(&file, &[]), @"config.yml:3: auth.htpaswd: no such option; did you mean `htpasswd`?");
    let errors = errors(LEAST, &[("REGISTRY_AUTH", "ldap")]);
    assert!(
        errors.contains("REGISTRY_AUTH: auth.ldap: no such option"),
        "{errors}"
    );
}

#[test]
fn what_nobody_knows_below_wharfinger_auth_is_not_left_out() {
    let htpasswd = "auth: {htpasswd: {realm: r, path: p}}";
    let file = format!(
        "{LEAST}{htpasswd}\nwharfinger: {{auth: {{rulse: [], rules: [{{action: pull}}]}}}}\n"
    );
    insta::assert_snapshot!(errors(&file, &[]), @r"
    config.yml:4: wharfinger.auth.rulse: no such option; did you mean `rules`?
    config.yml:4: wharfinger.auth.rules[0].action: no such option; did you mean `actions`?
    ");
    for name in [
        "REGISTRY_WHARFINGER_AUTH_RULSE",
        "REGISTRY_WHARFINGER_AUTH_RULES_0_ACTION",
    ] {
        let told = errors(LEAST, &[(name, "x")]);
        assert!(
            told.contains(&format!("{name}: no such option of auth")),
            "{told}"
        );
    }
}

#[test]
fn rules_that_nobody_would_follow_are_refused() {
    let rules = "wharfinger:\n  auth:\n    rules:\n    - {anonymous: true, repositories: [a], actions: [pull]}\n";
    for (auth, expected) in [
        (
            "",
            "config.yml:6: wharfinger.auth.rules: nobody has an account that this could be about: set auth.htpasswd or wharfinger.auth.directory",
        ),
        (
            "auth: none\n",
            "config.yml:7: wharfinger.auth.rules: cannot be used together with auth.none",
        ),
        (
            "auth: {silly: {realm: r, service: s}}\n",
            "config.yml:7: wharfinger.auth.rules: cannot be used together with auth.silly",
        ),
        (
            "auth: {token: {realm: r, service: s, issuer: i, jwks: j}}\n",
            "config.yml:7: wharfinger.auth.rules: cannot be used together with auth.token",
        ),
    ] {
        let told = errors(&format!("{LEAST}{auth}{rules}"), &[]);
        assert!(told.starts_with(expected), "{told}");
    }
    let groups = format!("{LEAST}wharfinger: {{auth: {{groups: {{team: [ann]}}}}}}\n");
    assert!(errors(&groups, &[]).contains("wharfinger.auth.groups: nobody has an account"));
}

#[test]
fn halves_of_pairs() {
    let file = format!("{LEAST}http: {{tls: {{certificate: /c}}}}\n");
    insta::assert_snapshot!(errors(&file, &[]), @"config.yml:3: http.tls.certificate: a certificate needs its key: set http.tls.key");
    let both = "{tls: {certificate: /c, key: /k, letsencrypt: {cachefile: /d}}}";
    let file = format!("{LEAST}http: {both}\n");
    insta::assert_snapshot!(errors(&file, &[]), @"config.yml:3: http.tls.letsencrypt: cannot be used together with http.tls.certificate");
}

#[test]
fn clients_cannot_be_asked_without_tls() {
    let file = format!("{LEAST}http: {{tls: {{clientcas: [/ca.pem]}}}}\n");
    insta::assert_snapshot!(errors(&file, &[]), @"config.yml:3: http.tls.clientcas: clients cannot be asked without TLS: set http.tls.certificate");
    let file = format!("{LEAST}http: {{tls: {{letsencrypt: {{email: a@b.c}}}}}}\n");
    insta::assert_snapshot!(errors(&file, &[]), @"config.yml:3: http.tls.letsencrypt.cachefile: certificates have to be kept somewhere: name a directory");
}
