//! A server of buckets, for tests: MinIO over a directory, or another one.

mod versity;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::shared::Shared;
use crate::tool::tool;

/// 32 of them, by base64.
const KEY_BYTES: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server with one empty bucket; dropping it stops it.
#[derive(Debug)]
pub struct Bucket {
    address: String,
    _server: Daemon,
    _scratch: Scratch,
}

// === impl Bucket ===

impl Bucket {
    /// Its name.
    pub const NAME: &str = "wharf";
    /// Who may use it.
    pub const ACCESS_KEY: &str = "someone";
    /// The secret of that key.
    pub const SECRET_KEY: &str = "something secret";
    /// The name of a key with which it can encrypt.
    pub const KEY: &str = "images";

    /// A server of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let (scratch, root) = in_new_root();
        let (address, console) = (free_address(), free_address());
        let arguments = [
            "server",
            "--quiet",
            "--address",
            &address,
            "--console-address",
            &console,
            &root,
        ];
        let environment = [
            ("MINIO_ROOT_USER", Self::ACCESS_KEY),
            ("MINIO_ROOT_PASSWORD", Self::SECRET_KEY),
            (
                "MINIO_KMS_SECRET_KEY",
                &format!("{}:{KEY_BYTES}", Self::KEY),
            ),
            ("MINIO_UPDATE", "off"),
            ("MINIO_BROWSER", "off"),
        ];
        let program = tool("minio");
        let health = "/minio/health/ready";
        Self::running(
            &program,
            &arguments,
            &environment,
            &address,
            health,
            scratch,
        )
    }

    /// Starts a server and waits until it is healthy; it keeps its log in `scratch`.
    fn running(
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        address: &str,
        health: &str,
        scratch: Scratch,
    ) -> Self {
        let log = scratch.join("log");
        let mut server = Daemon::start(program, arguments, environment, &log);
        let http = crate::http::Http::new(address);
        let is_ready = || {
            std::net::TcpStream::connect(address).is_ok() && http.get(health).send().status == 200
        };
        server
            .wait_until(START_LIMIT, is_ready)
            .expect("the server of buckets starts");
        Self {
            address: address.to_owned(),
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
        Self::section_at(&self.address, root)
    }

    /// The same, asked at another address.
    #[must_use]
    pub fn section_at(address: &str, root: &str) -> Value {
        json!({
            "bucket": Self::NAME,
            "accesskey": Self::ACCESS_KEY,
            "secretkey": Self::SECRET_KEY,
            "region": "us-east-1",
            "regionendpoint": format!("http://{address}"),
            "forcepathstyle": true,
            "rootdirectory": root,
        })
    }

    /// The one that all tests use at the same time, each below a root of its own.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static BUCKET: Shared<Bucket> = Shared::new();
        BUCKET.get_or_start(Self::start)
    }
}

/// A directory, and one in it, with an empty bucket: that is a directory too.
fn in_new_root() -> (Scratch, String) {
    let scratch = Scratch::new();
    let root = scratch.join("root");
    std::fs::create_dir_all(root.join(Bucket::NAME)).expect("a directory");
    (scratch, root.display().to_string())
}
