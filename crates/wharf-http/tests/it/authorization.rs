//! Who is let in, and what the others are told.

use async_trait::async_trait;
use wharf_auth::{Access, Authorizer, Credentials, Identity, Refusal, Request as Asked, Silly};
use wharf_http::Guard;

use crate::fixtures::{CONFIG, LAYER, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// Lets those in whose password is a list of scopes that has all they need.
struct Honest;

#[async_trait]
impl Authorizer for Honest {
    async fn authorize(&self, request: &Asked<'_>) -> Result<Identity, Refusal> {
        let Credentials::Bearer(scopes) = request.credentials else {
            return Err(refused(request.needs));
        };
        let has = |need: &Access| scopes.reveal().split(' ').any(|it| it == need.to_string());
        if request.needs.iter().all(has) {
            Ok(Identity {
                account: "honest".to_owned(),
                ..Identity::default()
            })
        } else {
            Err(refused(request.needs))
        }
    }
}

fn refused(needs: &[Access]) -> Refusal {
    let needs: Vec<_> = needs.iter().map(ToString::to_string).collect();
    Refusal::Challenge {
        challenge: format!("Honest needs=\"{}\"", needs.join(" ")),
        why: "the test says so".into(),
        account: None,
    }
}

async fn guarded(authorizer: impl Authorizer) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.guard = Guard::new(authorizer);
    setup.start().await
}

/// A request with these scopes; nobody's without any.
fn by(request: Request, scopes: &str) -> Request {
    if scopes.is_empty() {
        request
    } else {
        request.header("Authorization", format!("Bearer {scopes}"))
    }
}

#[tokio::test]
async fn strangers_are_told_what_they_would_need() {
    let wharf = guarded(Honest).await;
    let blob = format!("/v2/a/b/blobs/sha256:{}", "0".repeat(64));
    for (method, path, needs) in [
        ("GET", "/v2/", ""),
        ("POST", "/v2/", ""),
        ("GET", "/v2/_catalog", "registry:catalog:*"),
        ("GET", "/v2/a/b/tags/list", "repository:a/b:pull"),
        ("GET", "/v2/a/b/manifests/x", "repository:a/b:pull"),
        ("HEAD", "/v2/a/b/manifests/x", "repository:a/b:pull"),
        ("PUT", "/v2/a/b/manifests/x", "repository:a/b:pull,push"),
        ("DELETE", "/v2/a/b/manifests/x", "repository:a/b:delete"),
        ("GET", &blob, "repository:a/b:pull"),
        ("DELETE", &blob, "repository:a/b:delete"),
        ("POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push"),
        (
            "POST",
            "/v2/a/b/blobs/uploads/?mount=x&from=c",
            "repository:a/b:pull,push repository:c:pull",
        ),
        (
            "PATCH",
            "/v2/a/b/blobs/uploads/1",
            "repository:a/b:pull,push",
        ),
        ("PUT", "/v2/a/b/blobs/uploads/1", "repository:a/b:pull,push"),
        ("GET", "/v2/a/b/blobs/uploads/1", "repository:a/b:pull"),
        ("DELETE", "/v2/a/b/blobs/uploads/1", "repository:a/b:delete"),
        // Before anything else is said of the request.
        ("TRACE", "/v2/a/b/manifests/x", ""),
        ("PUT", "/v2/a/b/tags/list", "repository:a/b:pull,push"),
    ] {
        let answer = wharf.ask(Request::new(method, path).body("")).await;
        assert_eq!(answer.status, 401, "{method} {path}");
        let challenge = format!("Honest needs=\"{needs}\"");
        assert_eq!(
            answer.header("www-authenticate"),
            Some(&*challenge),
            "{method} {path}"
        );
    }
    for (method, path) in [("GET", "/"), ("OPTIONS", "/v2/a/b/manifests/x")] {
        assert_eq!(
            wharf.ask(Request::new(method, path)).await.status,
            200,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_refusal_looks_as_distributions() {
    let wharf = guarded(Silly::new("a \"realm\"", "the service")).await;
    let answer = wharf.ask(Request::post("/v2/a/b/blobs/uploads/")).await;
    insta::assert_snapshot!(answer.show(), @r#"
    HTTP/1.1 401 Unauthorized
    content-type: application/json
    www-authenticate: Bearer realm="a \"realm\"",service="the service",scope="repository:a/b:pull repository:a/b:push"
    docker-distribution-api-version: registry/2.0
    content-length: 208

    {"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Action":"pull","Class":"","Name":"a/b","Type":"repository"},{"Action":"push","Class":"","Name":"a/b","Type":"repository"}]}]}
    "#);
    let anybody = Request::get("/v2/").header("Authorization", "seriously, anything");
    assert_eq!(wharf.ask(anybody).await.status, 200);
    let nobody = Request::get("/v2/").header("Authorization", "");
    assert_eq!(wharf.ask(nobody).await.status, 401);
}

#[tokio::test]
async fn what_was_granted_is_enough_and_no_more_than_that() {
    let wharf = guarded(Honest).await;
    let (mine, theirs) = ("repository:mine:pull,push", "repository:theirs:pull,push");
    let both = [mine, "repository:theirs:pull"].join(" ");
    let push = |name: &str, bytes: &str| {
        let digest = sha256(bytes);
        Request::post(&format!("/v2/{name}/blobs/uploads/?digest={digest}")).body(bytes)
    };
    assert_eq!(
        wharf.ask(by(push("theirs", LAYER), theirs)).await.status,
        201
    );
    assert_eq!(wharf.ask(by(push("mine", CONFIG), mine)).await.status, 201);
    assert_eq!(
        wharf.ask(by(push("theirs", CONFIG), mine)).await.status,
        401
    );

    let layer = sha256(LAYER);
    let pull = Request::get(&format!("/v2/mine/blobs/{layer}"));
    let is_there = async || {
        wharf
            .ask(by(pull.clone(), "repository:mine:pull"))
            .await
            .status
    };
    let mount = |from: &str| Request::post(&format!("/v2/mine/blobs/uploads/?mount={layer}{from}"));
    // Who may not pull it cannot get it by mounting, from a named place or from anywhere.
    assert_eq!(wharf.ask(by(mount("&from=theirs"), mine)).await.status, 401);
    for from in [
        "",
        "&from=",
        "&from=THEIRS",
        "&from=../theirs",
        "&from=mine&from=theirs",
    ] {
        assert_eq!(
            wharf.ask(by(mount(from), mine)).await.status,
            202,
            "{from:?}"
        );
        assert_eq!(is_there().await, 404, "{from:?}");
    }
    assert_eq!(
        wharf.ask(by(mount("&from=theirs"), &both)).await.status,
        201
    );
    assert_eq!(is_there().await, 200);
}

#[tokio::test]
async fn other_ways_to_write_a_path_need_the_same() {
    let wharf = guarded(Honest).await;
    for path in [
        "/v2/mine/../theirs/manifests/x",
        "/v2/mine%2F..%2Ftheirs/manifests/x",
        "/v2/theirs/manifests/x?repository=mine",
        "/v2//theirs/manifests/x",
        "/v2/theirs/manifests/x/",
        "/v2/./theirs/manifests/x",
    ] {
        let answer = wharf
            .ask(by(Request::get(path), "repository:mine:pull"))
            .await;
        assert!(
            matches!(answer.status, 301 | 401 | 404 | 400),
            "{path}: {}",
            answer.status
        );
        assert_ne!(answer.status, 200);
        assert!(
            !answer.show().contains("MANIFEST_UNKNOWN"),
            "{path}: {}",
            answer.show()
        );
    }
}

#[tokio::test]
async fn one_header_of_bounded_length_is_read() {
    let wharf = guarded(Honest).await;
    let twice = by(by(Request::get("/v2/"), "x"), "y");
    let long = by(Request::get("/v2/"), &"x".repeat(17 << 10));
    for request in [twice, long] {
        let answer = wharf.ask(request).await;
        assert_eq!(answer.status, 400, "{}", answer.show());
    }
    assert_eq!(wharf.ask(by(Request::get("/v2/"), "x")).await.status, 200);
}
