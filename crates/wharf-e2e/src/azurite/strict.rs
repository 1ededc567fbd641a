//! Azurite copies at once, where Azure may answer first and copy then; and it replaces a blob by
//! one of another type, which Azure refuses to. What is said of that is changed on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ::http::request::Parts;
use ::http::{HeaderValue, Method, Response};
use bytes::Bytes;

use super::Azurite;
use crate::http::Http;
use crate::served::Served;

/// What stands between a client and Azurite; dropping it stops both.
#[derive(Debug)]
pub struct StrictAzurite {
    served: Served,
    told: Arc<Mutex<Told>>,
    _azurite: Azurite,
}

/// What was said of copies.
#[derive(Debug, Default)]
struct Told {
    /// When copies to these paths were asked for.
    begun: BTreeMap<String, Instant>,
    /// Paths of blobs that are no block blobs.
    appended: BTreeSet<String>,
    pending: u32,
    removed: u32,
}

// === impl StrictAzurite ===

impl StrictAzurite {
    /// How long it says that a copy goes on.
    pub const TIME: Duration = Duration::from_millis(500);

    /// In front of a server of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let azurite = Azurite::start();
        let http = Http::new(&azurite.address);
        let told = Arc::new(Mutex::new(Told::default()));
        let served = {
            let told = Arc::clone(&told);
            Served::start(move |head, body| {
                if let Some(refusal) = told.lock().expect("no panic").asked(head, &body) {
                    return refusal;
                }
                let mut answer = passed_on(&http, head, body);
                told.lock().expect("no panic").change(head, &mut answer);
                answer
            })
        };
        Self {
            served,
            told,
            _azurite: azurite,
        }
    }

    /// Where the account's containers are.
    #[must_use]
    pub fn service_url(&self) -> String {
        format!("http://{}/{}", self.served.address(), Azurite::ACCOUNT)
    }

    /// Says of a block blob from now on that it is of another type, until it is removed.
    ///
    /// # Panics
    /// When the server did.
    pub fn call_appended(&self, key: &str) {
        let path = format!("/{}/{}/{key}", Azurite::ACCOUNT, Azurite::CONTAINER);
        self.told.lock().expect("no panic").appended.insert(path);
    }

    /// How many blobs are said to be of another type.
    ///
    /// # Panics
    /// When the server did.
    #[must_use]
    pub fn appended(&self) -> usize {
        self.told.lock().expect("no panic").appended.len()
    }

    /// How often it was said that a copy goes on.
    ///
    /// # Panics
    /// When the server did.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.told.lock().expect("no panic").pending
    }

    /// How often something was removed while a copy went on.
    ///
    /// # Panics
    /// When the server did.
    #[must_use]
    pub fn removed_meanwhile(&self) -> u32 {
        self.told.lock().expect("no panic").removed
    }
}

// === impl Told ===

impl Told {
    fn asked(&mut self, head: &Parts, body: &Bytes) -> Option<Response<Bytes>> {
        // Deletions come in batches.
        let query = head.uri.query().unwrap_or_default();
        if query.contains("comp=batch") {
            let goes_on = self.begun.keys().any(|path| self.goes_on(path));
            self.removed += u32::from(goes_on);
            let body = String::from_utf8_lossy(body);
            self.appended
                .retain(|path| !body.contains(&format!("DELETE {path} ")));
        }
        let path = head.uri.path();
        if head.method != Method::PUT || !self.appended.contains(path) {
            return None;
        }
        let body = "<Error><Code>InvalidBlobType</Code></Error>";
        let refusal = Response::builder().status(409).body(body.into());
        Some(refusal.expect("an answer"))
    }

    fn goes_on(&self, path: &str) -> bool {
        let begun = self.begun.get(path);
        begun.is_some_and(|begun| begun.elapsed() < StrictAzurite::TIME)
    }

    fn change(&mut self, head: &Parts, answer: &mut Response<Bytes>) {
        let path = head.uri.path().to_owned();
        let is_copy = head.headers.contains_key("x-ms-copy-source");
        if is_copy && answer.status() == 202 {
            self.begun.insert(path, Instant::now());
        } else if [Method::GET, Method::HEAD].contains(&head.method) && self.goes_on(&path) {
            // Nothing of it can be read yet.
            *answer.body_mut() = Bytes::new();
            let none = HeaderValue::from_static("0");
            answer.headers_mut().insert("content-length", none);
        } else {
            return;
        }
        self.pending += 1;
        let headers = answer.headers_mut();
        headers.insert("x-ms-copy-status", HeaderValue::from_static("pending"));
        headers.insert("x-ms-copy-progress", HeaderValue::from_static("1/2"));
    }
}

fn passed_on(http: &Http, head: &Parts, body: Bytes) -> Response<Bytes> {
    let target = head.uri.path_and_query().expect("a path").as_str();
    let mut call = http.call(&head.method, target);
    for (name, value) in &head.headers {
        if name != "host" {
            call = call.header(name.as_str(), value.to_str().expect("text"));
        }
    }
    let answered = call.body(body).send();
    let mut answer = Response::new(answered.body);
    *answer.status_mut() = answered.status.try_into().expect("a status");
    for (name, value) in &answered.headers {
        if !["transfer-encoding", "connection", "keep-alive"].contains(&name.as_str()) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}
