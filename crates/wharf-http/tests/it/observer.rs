//! What an observer is told of requests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use wharf_http::{ObservedRequest, RequestObserver};

use crate::harness::{Setup, Wharf};
use crate::wire::Request;

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<ObservedRequest>>>);

// === impl Notes ===

impl Notes {
    async fn start() -> (Self, Wharf) {
        let notes = Self::default();
        let mut setup = Setup::memory();
        setup.settings.observer = Some(Arc::new(notes.clone()));
        (notes, setup.start().await)
    }

    /// The only request, which is over shortly after its answer.
    async fn one(&self) -> ObservedRequest {
        for _ in 0..500 {
            if let [one] = self.0.lock().unwrap().as_slice() {
                return one.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.0.lock().unwrap());
    }
}

impl RequestObserver for Notes {
    fn done(&self, request: &ObservedRequest) {
        self.0.lock().unwrap().push(request.clone());
    }
}

#[tokio::test]
async fn an_answer_is_told_with_its_status_and_size() {
    let (notes, wharf) = Notes::start().await;
    let before = SystemTime::now();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::get("/v2/a/tags/list?n=1&secret=x")
        .header("User-Agent", "docker/27")
        .header("Traceparent", parent)
        .header("Tracestate", "a=b");
    let response = wharf.ask(request).await;
    let told = notes.one().await;
    assert_eq!(
        (told.method.as_str(), told.path.as_str()),
        ("GET", "/v2/a/tags/list")
    );
    assert_eq!(
        (told.status, told.sent),
        (Some(404), response.body.len() as u64)
    );
    assert_eq!(told.user_agent.as_deref(), Some("docker/27"));
    assert_eq!(told.traceparent.as_deref(), Some(parent));
    assert_eq!(told.tracestate.as_deref(), Some("a=b"));
    assert_eq!(
        (told.version, told.peer),
        ("1.1", Some([127, 0, 0, 1].into()))
    );
    assert!(told.started >= before && told.started + told.took <= SystemTime::now());
}

#[tokio::test]
async fn a_request_that_is_cut_off_has_no_status_and_texts_have_an_end() {
    let (notes, wharf) = Notes::start().await;
    let mut client = wharf.connect().await;
    let digest = format!("sha256:{}", "0".repeat(64));
    let request = Request::new("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"))
        .header("User-Agent", "x".repeat(5000))
        .header("Content-Length", 10)
        .header("Expect", "100-continue");
    client.send(request.bytes()).await;
    assert_eq!(client.head().await.status, 100, "it is being answered");
    wharf.shutdown.abort.cancel();
    let told = notes.one().await;
    assert_eq!(
        (told.method.as_str(), told.path.as_str()),
        ("POST", "/v2/a/blobs/uploads/")
    );
    assert_eq!((told.status, told.sent), (None, 0));
    assert_eq!(told.user_agent.unwrap().len(), 1024);
}
