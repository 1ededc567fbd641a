//! Names, passwords and rules: who is challenged, and who is told that it would not help.

use std::sync::Arc;

use tempfile::TempDir;
use wharf_auth::{
    Accounts, Action, Effect, Glob, Htpasswd, Passwords, RepositoryPattern, Rule, Rules,
    SharedRules, What, Who,
};
use wharf_http::Guard;

use crate::fixtures::LAYER;
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// The password is `secret`.
const ANN: &str = "ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
/// `ann:secret`
const AS_ANN: &str = "Basic YW5uOnNlY3JldA==";
/// `ann:wrong`
const GUESSED: &str = "Basic YW5uOndyb25n";
/// `:`
const EMPTY: &str = "Basic Og==";

fn allow(who: Who, repositories: &str, actions: &[Action]) -> Rule {
    let patterns = vec![RepositoryPattern::parse(repositories).unwrap()];
    Rule {
        name: Some("the rule".to_owned()),
        who,
        what: What::Repositories(patterns, actions.iter().copied().collect()),
        networks: Vec::new(),
        effect: Effect::Allow,
    }
}

/// Everybody may pull what is public; ann may push there, and nothing else.
fn rules() -> Rules {
    let ann = Who::Accounts(vec![Glob::parse("ann").unwrap()], Vec::new());
    Rules::new(vec![
        allow(ann, "public/*", &[Action::Push]),
        allow(Who::Everybody, "public/*", &[Action::Pull]),
    ])
}

async fn guarded(rules: SharedRules) -> (Wharf, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("htpasswd");
    #[expect(clippy::disallowed_methods, reason = "the test's own file")]
    std::fs::write(&path, ANN).unwrap();
    let accounts = Accounts::new(Some(Htpasswd::open(&path).unwrap()));
    let mut setup = Setup::memory();
    setup.settings.guard = Guard::new(Passwords::new("r", Arc::new(accounts), rules));
    (setup.start().await, directory)
}

fn by(request: Request, header: &str) -> Request {
    match header {
        "" => request,
        header => request.header("Authorization", header),
    }
}

#[tokio::test]
async fn strangers_are_challenged_and_accounts_denied() {
    let (wharf, _files) = guarded(rules().into()).await;
    for (method, path, nobody, ann) in [
        // Whether a password is right is what clients ask here.
        ("GET", "/v2/", 401, 200),
        ("GET", "/v2/_catalog", 401, 403),
        ("GET", "/v2/public/a/tags/list", 404, 404),
        ("GET", "/v2/private/a/tags/list", 401, 403),
        ("POST", "/v2/public/a/blobs/uploads/", 401, 202),
        ("POST", "/v2/private/a/blobs/uploads/", 401, 403),
        ("DELETE", "/v2/public/a/manifests/1", 401, 403),
        ("TRACE", "/v2/public/a/manifests/1", 401, 405),
    ] {
        for (header, expected) in [
            ("", nobody),
            (EMPTY, nobody),
            (AS_ANN, ann),
            (GUESSED, 401),
            ("Basic", 401),
            ("Bearer token", 401),
        ] {
            let answer = wharf
                .ask(by(Request::new(method, path).body(""), header))
                .await;
            assert_eq!(answer.status, expected, "{method} {path} {header:?}");
            let challenge = answer.header("www-authenticate");
            let expected = (expected == 401).then_some("Basic realm=\"r\"");
            assert_eq!(challenge, expected, "{method} {path} {header:?}");
        }
    }
}

#[tokio::test]
async fn a_denial_says_what_was_wanted_and_not_which_rule_it_was() {
    let (wharf, _files) = guarded(rules().into()).await;
    let path = "/v2/private/a/blobs/uploads/";
    let answer = wharf.ask(by(Request::post(path).body(LAYER), AS_ANN)).await;
    insta::assert_snapshot!(answer.show(), @r#"
    HTTP/1.1 403 Forbidden
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 233

    {"errors":[{"code":"DENIED","message":"requested access to the resource is denied","detail":[{"Action":"pull","Class":"","Name":"private/a","Type":"repository"},{"Action":"push","Class":"","Name":"private/a","Type":"repository"}]}]}
    "#);
}

#[tokio::test]
async fn other_rules_hold_from_the_next_request_on() {
    let rules = SharedRules::from(rules());
    let (wharf, _files) = guarded(rules.clone()).await;
    let status = async |header| {
        let request = Request::get("/v2/public/a/tags/list");
        wharf.ask(by(request, header)).await.status
    };
    assert_eq!((status("").await, status(AS_ANN).await), (404, 404));
    rules.replace(Rules::new(vec![allow(Who::Everybody, "other", &[])]));
    assert_eq!((status("").await, status(AS_ANN).await), (401, 403));
    // Without any, accounts may do everything.
    rules.replace(Rules::default());
    assert_eq!((status("").await, status(AS_ANN).await), (401, 404));
}
