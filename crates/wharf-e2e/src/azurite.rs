//! A server of containers as Azure has them, for tests: Azurite, in memory.

mod strict;

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

pub use self::strict::StrictAzurite;
use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server with one empty container; dropping it stops it.
#[derive(Debug)]
pub struct Azurite {
    address: String,
    _server: Daemon,
    _scratch: Scratch,
}

// === impl Azurite ===

impl Azurite {
    /// The storage account.
    pub const ACCOUNT: &str = "someone";
    /// The container in it.
    pub const CONTAINER: &str = "wharf";

    /// A server of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let scratch = Scratch::new();
        let address = free_address();
        let (host, port) = address.split_once(':').expect("host and port");
        let arguments = [
            "--blobHost",
            host,
            "--blobPort",
            port,
            "--inMemoryPersistence",
            // It learns of versions of the protocol later than clients do.
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ];
        let accounts = format!("{}:{}", Self::ACCOUNT, Self::key());
        let environment = [("AZURITE_ACCOUNTS", accounts.as_str())];
        let log = scratch.join("log");
        let mut server = Daemon::start(&tool("azurite-blob"), arguments, &environment, &log);
        let is_ready = || std::net::TcpStream::connect(&address).is_ok();
        server
            .wait_until(START_LIMIT, is_ready)
            .expect("Azurite starts");
        let azurite = Self {
            address,
            _server: server,
            _scratch: scratch,
        };
        azurite.make_container();
        azurite
    }

    /// The account's key, in base64.
    #[must_use]
    pub fn key() -> String {
        BASE64_STANDARD.encode(SECRET)
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the account's containers are.
    #[must_use]
    pub fn service_url(&self) -> String {
        format!("http://{}/{}", self.address, Self::ACCOUNT)
    }

    /// The section `storage.azure` for what is below `root` in it.
    #[must_use]
    pub fn section(&self, root: &str) -> Value {
        json!({
            "accountname": Self::ACCOUNT,
            "accountkey": Self::key(),
            "container": Self::CONTAINER,
            "credentials": {"type": "shared_key"},
            "serviceurl": self.service_url(),
            "rootdirectory": root,
        })
    }

    /// By an account SAS, since no date has to be told in one.
    fn make_container(&self) {
        let said = [
            Self::ACCOUNT,
            PERMISSIONS,
            "b",
            "sco",
            "",
            END,
            "",
            "",
            VERSION,
            "",
        ];
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        let signature = BASE64_STANDARD.encode(hmac::sign(&key, said.join("\n").as_bytes()));
        let signature = signature.replace('+', "%2B").replace('/', "%2F");
        let target = format!(
            "/{}/{}?restype=container&sv={VERSION}&ss=b&srt=sco&sp={PERMISSIONS}&se={END}&sig={signature}",
            Self::ACCOUNT,
            Self::CONTAINER,
        );
        let http = Http::new(&self.address);
        _ = http.put(&target).header("content-length", "0").expect(201);
    }
}

const SECRET: &[u8] = b"something secret";
const PERMISSIONS: &str = "rwdlac";
const END: &str = "2100-01-01T00:00:00Z";
const VERSION: &str = "2020-08-04";
