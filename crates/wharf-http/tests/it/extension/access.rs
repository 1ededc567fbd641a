//! Who may do what, what is left of it in a registry that is only read, and what the audit log
//! is told.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wharf_auth::{
    Accounts, Action, Audit, AuditSink, Effect, Glob, Htpasswd, Passwords, Record,
    RepositoryPattern, Rule, Rules, SharedRules, What, Who,
};
use wharf_http::{Guard, ReadOnly};
use wharf_registry::{Collection, Collector};
use wharf_store::MemoryStore;

use super::{delete, keeping, push_image};
use crate::fixtures::sha256;
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// The password is `secret`.
const ANN: &str = "ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
const BOB: &str = "bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
/// `ann:secret`
const AS_ANN: &str = "Basic YW5uOnNlY3JldA==";
/// `bob:secret`
const AS_BOB: &str = "Basic Ym9iOnNlY3JldA==";

/// Everybody may pull `public/*`; ann may push and delete there; bob may do what is asked of the
/// registry as a whole.
fn rules() -> Rules {
    let account = |name: &str| Who::Accounts(vec![Glob::parse(name).unwrap()], Vec::new());
    let public = |actions: &[Action]| {
        let patterns = vec![RepositoryPattern::parse("public/*").unwrap()];
        What::Repositories(patterns, actions.iter().copied().collect())
    };
    let allow = |who, what| Rule {
        name: None,
        who,
        what,
        networks: Vec::new(),
        effect: Effect::Allow,
    };
    Rules::new(vec![
        allow(account("ann"), public(&[Action::Push, Action::Delete])),
        allow(account("bob"), What::Registry),
        allow(Who::Everybody, public(&[Action::Pull])),
    ])
}

async fn guarded(setup: Setup) -> (Wharf, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("htpasswd");
    #[expect(clippy::disallowed_methods, reason = "the test's own file")]
    std::fs::write(&path, format!("{ANN}{BOB}")).unwrap();
    let accounts = Accounts::new(Some(Htpasswd::open(&path).unwrap()));
    let mut setup = setup;
    let rules = SharedRules::from(rules());
    setup.settings.guard = Guard::new(Passwords::new("r", Arc::new(accounts), rules));
    (setup.start().await, directory)
}

#[tokio::test]
async fn rules_decide() {
    let store = MemoryStore::default();
    push_image(&keeping(&store).start().await, "public/a", "x").await;
    let (wharf, _files) = guarded(keeping(&store)).await;
    let blob = format!("/v2/_wharfinger/blobs/{}", sha256("absent"));
    let id = "01900000-0000-7000-8000-000000000000";
    let entry = format!("/v2/public/a/_wharfinger/trash/{id}");
    let foreign = format!("/v2/private/a/_wharfinger/trash/{id}");
    for (method, path, nobody, ann, bob) in [
        ("GET", "/v2/_wharfinger/collection", 401, 403, 200),
        ("POST", "/v2/_wharfinger/collection", 401, 403, 409),
        ("GET", "/v2/_wharfinger/trash", 401, 403, 200),
        ("GET", blob.as_str(), 401, 403, 200),
        ("GET", "/v2/public/a/_wharfinger/trash", 200, 200, 200),
        ("GET", "/v2/private/a/_wharfinger/trash", 401, 403, 403),
        ("POST", &entry, 401, 404, 403),
        ("DELETE", &entry, 401, 404, 403),
        ("POST", &foreign, 401, 403, 403),
        ("DELETE", &foreign, 401, 403, 403),
        ("GET", "/v2/public/a/_wharfinger/tags/x", 200, 200, 200),
        ("GET", "/v2/private/a/_wharfinger/tags/x", 401, 403, 403),
        ("PUT", "/v2/public/a/_wharfinger/tags/x", 401, 400, 403),
        (
            "DELETE",
            "/v2/private/a/_wharfinger/repository",
            401,
            403,
            403,
        ),
        // Last, since it is done.
        (
            "DELETE",
            "/v2/public/a/_wharfinger/repository",
            401,
            202,
            403,
        ),
    ] {
        for (header, expected) in [("", nobody), (AS_BOB, bob), (AS_ANN, ann)] {
            let request = Request::new(method, path).body("");
            let request = match header {
                "" => request,
                header => request.header("Authorization", header),
            };
            let answer = wharf.ask(request).await;
            assert_eq!(answer.status, expected, "{method} {path} {header:?}");
        }
    }
}

#[tokio::test]
async fn a_registry_that_is_only_read_only_tells() {
    let store = MemoryStore::default();
    let writable = keeping(&store).start().await;
    let digest = push_image(&writable, "a", "x").await;
    push_image(&writable, "a", "y").await;
    delete(&writable, "/v2/a/manifests/y").await;
    let mut setup = keeping(&store);
    setup.settings.read_only = ReadOnly::new(true);
    let wharf = setup.start().await;
    let before = store.snapshot();
    let id = "01900000-0000-7000-8000-000000000000";
    for (method, path, allowed) in [
        ("POST", "/v2/_wharfinger/collection".to_owned(), "GET"),
        ("POST", format!("/v2/a/_wharfinger/trash/{id}"), ""),
        ("DELETE", format!("/v2/a/_wharfinger/trash/{id}"), ""),
        ("DELETE", "/v2/a/_wharfinger/repository".to_owned(), ""),
        (
            "PUT",
            format!("/v2/a/_wharfinger/tags/x?digest={digest}"),
            "GET",
        ),
    ] {
        let refused = wharf.ask(Request::new(method, &path).body("")).await;
        let allow = refused.header("Allow");
        assert_eq!(
            (refused.status, allow),
            (405, Some(allowed)),
            "{method} {path}"
        );
    }
    for path in [
        "/v2/_wharfinger/collection",
        "/v2/_wharfinger/trash",
        "/v2/a/_wharfinger/trash",
        "/v2/a/_wharfinger/tags/x",
        &format!("/v2/_wharfinger/blobs/{digest}"),
    ] {
        assert_eq!(wharf.ask(Request::get(path)).await.status, 200, "{path}");
    }
    assert_eq!(store.snapshot(), before);
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl AuditSink for Notes {
    fn take(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(record.subject.to_owned());
    }
}

#[tokio::test]
async fn what_is_written_is_told_to_the_audit_log() {
    let notes = Notes::default();
    let mut setup = keeping(&MemoryStore::default());
    setup.settings.audit = Audit::to(notes.clone());
    let (wharf, registry) = setup.start_beside().await;
    let collector = Collector::new(registry.clone(), Collection::default(), WEEK);
    let running = tokio::spawn(collector.run(CancellationToken::new()));
    let digest = push_image(&wharf, "a", "x").await;
    while registry.collector_state() == wharf_registry::CollectorState::Absent {
        tokio::task::yield_now().await;
    }
    notes.0.lock().unwrap().clear();
    let done = async |method, path: &str| {
        let answer = wharf.ask(Request::new(method, path).body("")).await;
        assert!(answer.status < 300, "{}", answer.show());
    };
    done("GET", "/v2/_wharfinger/trash").await;
    done("POST", "/v2/_wharfinger/collection").await;
    done("PUT", &format!("/v2/a/_wharfinger/tags/x?digest={digest}")).await;
    done("DELETE", "/v2/a/_wharfinger/repository").await;
    let trash = wharf.ask(Request::get("/v2/a/_wharfinger/trash")).await;
    let id = trash.json()["entries"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let entry = format!("/v2/a/_wharfinger/trash/{id}");
    done("POST", &entry).await;
    assert_eq!(
        *notes.0.lock().unwrap(),
        [
            "POST /v2/_wharfinger/collection".to_owned(),
            format!("PUT /v2/a/_wharfinger/tags/x {digest}"),
            "DELETE /v2/a/_wharfinger/repository".to_owned(),
            format!("POST {entry}"),
        ]
    );
    running.abort();
}

const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
