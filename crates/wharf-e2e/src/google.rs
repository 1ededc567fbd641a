//! Google Cloud Storage as its documentation describes it, in memory, for tests: the XML
//! protocol, and of the JSON protocol the copies. No server that can be had knows uploads in
//! parts and conditions on writes as Google does, so that this is all we have to show; it is no
//! stricter and no laxer than what is written there.

mod access;
mod bucket;
mod listing;
mod parts;
mod request;
mod rewrite;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::access::Access;
use self::bucket::Bucket;
use self::request::{Asked, refusal};
use crate::command::Run;
use crate::scratch::Scratch;
use crate::served::Served;

/// A running server with one empty bucket; dropping it stops it.
#[derive(Debug)]
pub struct Google {
    served: Served,
    scratch: Scratch,
    seen: Arc<Seen>,
}

/// What is known of those who asked.
#[derive(Debug, Default)]
struct Seen {
    /// Requests that are being answered.
    now: AtomicUsize,
    most: AtomicUsize,
    agent: Mutex<String>,
}

// === impl Google ===

impl Google {
    /// The bucket's name.
    pub const BUCKET: &str = "wharf";
    /// The service account that may use it.
    pub const ACCOUNT: &str = "someone@project.iam.gserviceaccount.com";

    /// The name of that account's key.
    pub const KEY_NAME: &str = "1";

    /// A server of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let scratch = Scratch::new();
        let key = scratch.join("key.pem");
        Run::tool("openssl")
            .words("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out")
            .arg(&key)
            .ok();
        let access = Access::of(&key);
        let key = serde_json::json!({
            "type": "service_account",
            "private_key_id": Self::KEY_NAME,
            "private_key": std::fs::read_to_string(&key).expect("a key"),
            "client_email": Self::ACCOUNT,
        });
        std::fs::write(scratch.join("key.json"), key.to_string()).expect("write a key");
        let bucket = Mutex::new(Bucket::default());
        let seen = Arc::new(Seen::default());
        let served = {
            let seen = Arc::clone(&seen);
            Served::start(move |head, body| {
                seen.begin(head);
                let asked = Asked::new(head, body);
                let answer = match access.is_given(&asked) {
                    true => bucket.lock().expect("no panic").answer(&asked),
                    false => refusal(401, "AuthenticationRequired"),
                };
                seen.end();
                answer
            })
        };
        Self {
            served,
            scratch,
            seen,
        }
    }

    /// Where it is asked.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.served.address())
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        self.served.address()
    }

    /// How many requests there have been at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.seen.most.load(Ordering::SeqCst)
    }

    /// What the last client called itself.
    ///
    /// # Panics
    /// When the server did.
    #[must_use]
    pub fn user_agent(&self) -> String {
        self.seen.agent.lock().expect("no panic").clone()
    }

    /// A file with the key of the service account.
    #[must_use]
    pub fn key_file(&self) -> String {
        self.scratch.join("key.json").display().to_string()
    }

    /// The key itself, in PEM.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn key(&self) -> String {
        std::fs::read_to_string(self.scratch.join("key.pem")).expect("a key")
    }
}

// === impl Seen ===

impl Seen {
    fn begin(&self, head: &::http::request::Parts) {
        let agent = head.headers.get("user-agent");
        let agent = agent.and_then(|agent| agent.to_str().ok());
        agent
            .unwrap_or_default()
            .clone_into(&mut self.agent.lock().expect("no panic"));
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        // So long that others come meanwhile.
        std::thread::sleep(Duration::from_millis(2));
    }

    fn end(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}
