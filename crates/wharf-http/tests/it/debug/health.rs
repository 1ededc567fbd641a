//! `/debug/health`.

use serde_json::json;
use wharf_http::Probe;

use super::{Pair, Plan};
use crate::checks::{check, until};
use crate::wire::Request;

#[tokio::test]
async fn it_names_what_fails_and_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("down");
    let plan = Plan {
        checks: vec![check(Probe::File(file.clone()))],
        ..Plan::default()
    };
    let pair = plan.start().await;
    let page = pair.page(Request::get("/debug/health")).await;
    assert_eq!((page.status, page.text()), (200, "{}"));
    assert_eq!(page.header("Content-Type"), Some("application/json"));

    std::fs::File::create_new(&file).unwrap();
    until(&pair.health, false).await;
    let page = pair.page(Request::get("/debug/health")).await;
    assert_eq!(page.status, 503);
    assert_eq!(
        page.json(),
        json!({ file.display().to_string(): "file exists" })
    );
    assert_eq!(page.header("Content-Type"), Some("application/json"));
    assert_eq!(pair.sample("wharf_health_checks_failing").await, Some(1.0));
}

#[tokio::test]
async fn only_get_finds_it() {
    let pair = Pair::start().await;
    assert_eq!(
        pair.debug.ask(Request::head("/debug/health")).await.status,
        404
    );
    for request in [
        Request::post("/debug/health"),
        Request::put("/debug/health").body("down"),
        Request::delete("/debug/health"),
    ] {
        assert_eq!(pair.page(request).await.status, 404);
    }
}
