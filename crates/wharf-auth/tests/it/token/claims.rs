//! Tokens that are signed by whom they should be, for somebody or something else.

use serde_json::{Value, json};
use wharf_auth::{
    Access, Action, Authorizer as _, Credentials, PullLimit, Request, Resource, Secret,
};

use super::fixtures::{but, granting, now, pull, push};
use super::signer::{Kind, trusted};

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for iss in [
        json!("auth.example."),
        json!(""),
        json!(["auth.example"]),
        json!(1),
        Value::Null,
    ] {
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &but("iss", iss));
        door.refuses(&token).await;
    }
}

#[tokio::test]
async fn a_token_for_another_service_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for aud in [
        json!("other"),
        json!(""),
        json!([]),
        json!(["other"]),
        json!("registry.example.other"),
        json!({"registry.example": 1}),
        Value::Null,
    ] {
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &but("aud", aud));
        door.refuses(&token).await;
    }
}

#[tokio::test]
async fn a_token_out_of_its_time_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for claims in [
        but("exp", json!(now() - 90)),
        but("exp", json!(0)),
        but("exp", json!(-1)),
        but("exp", json!("2999999999")),
        but("exp", Value::Null),
        but("nbf", json!(now() + 90)),
        but("nbf", json!("soon")),
    ] {
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims);
        door.refuses(&token).await;
    }
}

#[tokio::test]
async fn a_right_token_for_something_else_is_not_enough() {
    let (signer, door) = trusted(Kind::P256);
    let catalog = Access {
        resource: Resource::Catalog,
        actions: Action::All.into(),
    };
    let entry = |kind: &str, name: &str, actions: &[&str]| json!([{"type": kind, "name": name, "actions": actions}]);
    let cases = [
        // Another repository, and names that are like its.
        (entry("repository", "a/c", &["*"]), pull("a/b")),
        (entry("repository", "a", &["*"]), pull("a/b")),
        (entry("repository", "a/b/c", &["*"]), pull("a/b")),
        (entry("repository", "a/*", &["*"]), pull("a/b")),
        (entry("repository", "*", &["*"]), pull("a/b")),
        (entry("repository", "A/B", &["*"]), pull("a/b")),
        (entry("repository", "a/b ", &["*"]), pull("a/b")),
        // Another type.
        (entry("registry", "a/b", &["*"]), pull("a/b")),
        (entry("repository(plugin)", "a/b", &["*"]), pull("a/b")),
        (entry("", "a/b", &["*"]), pull("a/b")),
        // Less than is needed.
        (entry("repository", "a/b", &["pull"]), push("a/b")),
        (entry("repository", "a/b", &["push"]), push("a/b")),
        (
            entry("repository", "a/b", &["Pull", "pull,push", ""]),
            pull("a/b"),
        ),
        (entry("repository", "a/b", &[]), pull("a/b")),
        // The catalog needs all of it, of the registry's.
        (
            entry("registry", "catalog", &["pull", "push", "delete"]),
            catalog.clone(),
        ),
        (entry("repository", "catalog", &["*"]), catalog.clone()),
        (entry("registry", "catalogue", &["*"]), catalog.clone()),
        (json!([]), catalog),
        (Value::Null, pull("a/b")),
        (json!([{}]), pull("a/b")),
    ];
    for (access, needed) in cases {
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &granting(&access));
        let answer = door.show(&token, std::slice::from_ref(&needed)).await;
        assert_eq!(
            answer,
            Err("insufficient_scope".to_owned()),
            "{access} {needed}"
        );
    }
}

#[tokio::test]
async fn a_token_tells_how_much_may_be_pulled_of_what_is_asked_for() {
    let (signer, door) = trusted(Kind::P256);
    let entry = |name: &str, parameters: Value| json!({"type": "repository", "name": name, "actions": ["pull"], "parameters": parameters});
    let pulls = async |name: &str| {
        let access = json!([
            entry(
                "hub",
                json!({"pull_limit": "100", "pull_limit_interval": "21600"})
            ),
            entry("small", json!({"pull_limit": 3, "pull_limit_interval": 60})),
            entry("free", Value::Null),
            entry("odd", json!(["nonsense", {"pull_limit": 1}])),
        ]);
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &granting(&access));
        let credentials = Credentials::Bearer(Secret::new(token));
        let needs = [pull(name)];
        let request = Request::new(&credentials, &needs);
        let identity = door.token.authorize(&request).await.unwrap();
        let seconds = |limit: PullLimit| (limit.pulls, limit.interval.as_secs());
        identity.pulls.map(seconds)
    };
    assert_eq!(pulls("hub").await, Some((100, 21600)));
    assert_eq!(pulls("small").await, Some((3, 60)));
    assert_eq!(pulls("free").await, None);
    assert_eq!(pulls("odd").await, None);
}
