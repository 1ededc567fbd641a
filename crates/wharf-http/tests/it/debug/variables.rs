//! `/debug/vars`.

use serde_json::{Value, json};

use super::Plan;
use crate::wire::Request;

#[tokio::test]
async fn it_tells_about_the_process_and_no_secret() {
    let arguments = ["wharf", "serve", "--http-secret=abc", "config.yml"];
    let plan = Plan {
        command_line: arguments.map(str::to_owned).to_vec(),
        ..Plan::default()
    };
    let pair = plan.start().await;
    let upload = pair.wharf.start_upload("a").await;
    let mut client = pair.wharf.connect().await;
    let patch = Request::patch(&upload).header("Content-Length", 10);
    client.send(patch.bytes()).await;
    client.send("half ").await;
    pair.until("wharf_uploads_in_progress", 1.0).await;

    let page = pair.page(Request::get("/debug/vars")).await;
    assert_eq!(page.status, 200);
    let kind = page.header("Content-Type");
    assert_eq!(kind, Some("application/json; charset=utf-8"));
    let variables = page.json();
    assert_eq!(
        variables["cmdline"],
        json!(["wharf", "serve", "--http-secret=xxxxx", "config.yml"])
    );
    let resident = variables["memstats"]["ResidentBytes"].as_u64().unwrap();
    assert!(resident > 1 << 20, "{resident}");
    assert!(variables["process"]["threads"].as_u64().unwrap() > 0);
    assert_eq!(
        variables["registry"],
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "health": { "failing": Value::Array(Vec::new()) },
            "uploads": { "in_progress": 1 },
        })
    );
}
