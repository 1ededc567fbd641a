//! Limits on pulls, and what clients see of them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use wharf_auth::{
    Authorizer, Credentials, Identity, PullLimit, Pulls, Refusal, Request as Asked, Silly,
};
use wharf_http::{Guard, Proxies};
use wharf_spec::media_type;

use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

/// Everybody has the account that they name, and `hub` a token's limit.
struct Naming;

#[async_trait]
impl Authorizer for Naming {
    async fn authorize(&self, request: &Asked<'_>) -> Result<Identity, Refusal> {
        let account = match request.credentials {
            Credentials::Bearer(account) => account.reveal(),
            _ => "",
        };
        Ok(Identity {
            account: account.to_owned(),
            pulls: (account == "hub").then_some(limit(5)),
            ..Identity::default()
        })
    }
}

const fn limit(pulls: u32) -> PullLimit {
    PullLimit {
        pulls,
        interval: Duration::from_secs(21_600),
    }
}

/// With an index `a:x`, which nobody has pulled yet.
async fn limited(guard: Guard) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.guard = guard;
    setup.settings.pulls = Arc::new(Pulls::new(limit(3), limit(2)));
    setup.settings.proxies = Proxies::new(["127.0.0.1"]).unwrap();
    let wharf = setup.start().await;
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []});
    wharf.push_manifest("a", "x", &index).await;
    wharf
}

async fn ask(wharf: &Wharf, request: Request, account: &str, address: &str) -> Response {
    let request = request.header("X-Forwarded-For", address);
    wharf
        .ask(match account {
            "" => request,
            account => request.header("Authorization", format!("Bearer {account}")),
        })
        .await
}

/// Status and what is left.
fn standing(response: &Response) -> (u16, Option<&str>) {
    (response.status, response.header("ratelimit-remaining"))
}

fn get() -> Request {
    Request::get("/v2/a/manifests/x")
}

#[tokio::test]
async fn a_get_counts_and_a_head_tells() {
    let wharf = limited(Guard::new(Naming)).await;
    let here = "192.0.2.1";
    let head = ask(&wharf, Request::head("/v2/a/manifests/x"), "ann", here).await;
    assert_eq!(standing(&head), (200, Some("3;w=21600")));
    assert_eq!(head.header("ratelimit-limit"), Some("3;w=21600"));
    assert_eq!(head.header("docker-ratelimit-source"), Some("ann"));
    for left in ["2;w=21600", "1;w=21600", "0;w=21600"] {
        let answer = ask(&wharf, get(), "ann", here).await;
        assert_eq!(standing(&answer), (200, Some(left)));
    }
    let refused = ask(&wharf, get(), "ann", here).await;
    let wait = refused.header("retry-after").unwrap().to_owned();
    assert!((21_000..=21_600).contains(&wait.parse().unwrap()), "{wait}");
    assert_eq!(standing(&refused), (429, Some("0;w=21600")));
    assert_eq!(refused.header("ratelimit-limit"), Some("3;w=21600"));
    assert_eq!(refused.header("docker-ratelimit-source"), Some("ann"));
    let message = format!(
        "you have reached your pull rate limit of 3 in 21600 seconds: try again in {wait} seconds"
    );
    let error = json!({"errors": [{"code": "TOOMANYREQUESTS", "message": message}]});
    assert_eq!(refused.json(), error);
    // To look is still allowed, and so is anything else.
    let head = ask(&wharf, Request::head("/v2/a/manifests/x"), "ann", here).await;
    assert_eq!(standing(&head), (200, Some("0;w=21600")));
    let tags = ask(&wharf, Request::get("/v2/a/tags/list"), "ann", here).await;
    assert_eq!(standing(&tags), (200, None));
}

#[tokio::test]
async fn what_brings_nothing_is_not_counted() {
    let wharf = limited(Guard::new(Naming)).await;
    let first = ask(&wharf, get(), "ann", "192.0.2.1").await;
    let etag = first.header("etag").unwrap().to_owned();
    for _ in 0..5 {
        let missing = Request::get("/v2/a/manifests/y");
        let missing = ask(&wharf, missing, "ann", "192.0.2.1").await;
        assert_eq!(standing(&missing), (404, None));
        let known = get().header("If-None-Match", &etag);
        let known = ask(&wharf, known, "ann", "192.0.2.1").await;
        assert_eq!(standing(&known), (304, Some("2;w=21600")));
    }
}

#[tokio::test]
async fn strangers_are_counted_by_address_and_told_to_log_in() {
    let wharf = limited(Guard::new(Naming)).await;
    for _ in 0..2 {
        assert_eq!(ask(&wharf, get(), "", "192.0.2.1").await.status, 200);
    }
    let refused = ask(&wharf, get(), "", "192.0.2.1").await;
    assert_eq!(standing(&refused), (429, Some("0;w=21600")));
    assert_eq!(refused.header("docker-ratelimit-source"), Some("192.0.2.1"));
    assert!(
        refused.show().contains("docker login"),
        "{}",
        refused.show()
    );
    assert_eq!(ask(&wharf, get(), "", "192.0.2.2").await.status, 200);
    assert_eq!(ask(&wharf, get(), "ann", "192.0.2.1").await.status, 200);
}

#[tokio::test]
async fn attack_another_address_on_the_left_is_no_other_address() {
    let wharf = limited(Guard::default()).await;
    let mut statuses = Vec::new();
    for number in 0..4 {
        let forged = format!("198.51.100.{number}, 192.0.2.1");
        let answer = ask(&wharf, get(), "", &forged).await;
        statuses.push(answer.status);
        // Nobody can log in to a registry that asks nobody.
        assert!(!answer.show().contains("docker login"));
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
}

#[tokio::test]
async fn a_tokens_limit_holds_where_it_has_one() {
    let wharf = limited(Guard::new(Naming)).await;
    let answer = ask(&wharf, get(), "hub", "192.0.2.1").await;
    assert_eq!(standing(&answer), (200, Some("4;w=21600")));
}

#[tokio::test]
async fn without_limits_nothing_is_told() {
    let mut setup = Setup::memory();
    setup.settings.guard = Guard::new(Silly::new("r", "s"));
    let wharf = setup.start().await;
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []});
    let push = crate::fixtures::push("a", "x", &index).header("Authorization", "x");
    assert_eq!(wharf.ask(push).await.status, 201);
    for _ in 0..5 {
        let answer = wharf.ask(get().header("Authorization", "x")).await;
        assert_eq!(standing(&answer), (200, None));
        assert_eq!(answer.header("docker-ratelimit-source"), None);
    }
}
