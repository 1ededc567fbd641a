//! Another server of buckets, for tests: Versity's gateway, which keeps objects as files.

use std::time::Duration;

use serde_json::Value;

use crate::bucket::Bucket;
use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server with one empty bucket, named as that of [`Bucket`] and opened by the same
/// key; dropping it stops it.
#[derive(Debug)]
pub struct Versity {
    address: String,
    _server: Daemon,
    _scratch: Scratch,
}

// === impl Versity ===

impl Versity {
    /// A server of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let scratch = Scratch::new();
        let root = scratch.join("root");
        // A directory is a bucket.
        std::fs::create_dir_all(root.join(Bucket::NAME)).expect("a directory");
        let address = free_address();
        let root = root.display().to_string();
        let arguments = [
            // Without it, each request is a connection of its own.
            "--keep-alive",
            "--health",
            "/health",
            "posix",
            // Else what replaces an object is listed beside it, under a name that ends with
            // `.sgwtmp` and a number, until it has its place.
            "--disableotmp",
            &root,
        ];
        let environment = [
            ("VGW_PORT", address.as_str()),
            ("ROOT_ACCESS_KEY", Bucket::ACCESS_KEY),
            ("ROOT_SECRET_KEY", Bucket::SECRET_KEY),
        ];
        let log = scratch.join("log");
        let mut server = Daemon::start(&tool("versitygw"), arguments, &environment, &log);
        let http = Http::new(&address);
        let is_ready = || {
            std::net::TcpStream::connect(&address).is_ok()
                && http.get("/health").send().status == 200
        };
        server
            .wait_until(START_LIMIT, is_ready)
            .expect("versitygw starts");
        Self {
            address,
            _server: server,
            _scratch: scratch,
        }
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The section `storage.s3` for what is below `root` in it.
    #[must_use]
    pub fn section(&self, root: &str) -> Value {
        Bucket::section_at(&self.address, root)
    }
}
