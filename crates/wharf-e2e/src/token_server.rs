//! distribution's own authorization server (`contrib/token-server`), for tests: whoever is in
//! its password file may do everything below their own name, and see the catalog.

use std::path::PathBuf;
use std::time::Duration;

use crate::certificate::Certificate;
use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct TokenServer {
    address: String,
    certificate: Certificate,
    scratch: Scratch,
    _daemon: Daemon,
}

// === impl TokenServer ===

impl TokenServer {
    /// One with a key of its own, whose tokens name it as libtrust does.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let (scratch, certificate) = (Scratch::new(), Certificate::new());
        let (address, key, log) = (free_address(), scratch.join("key"), scratch.join("log"));
        // It takes keys in their older form only.
        Run::tool("openssl")
            .words("ec -in")
            .arg(certificate.key())
            .arg("-out")
            .arg(&key)
            .ok();
        let passwords = scratch.join("htpasswd");
        let arguments = [
            "-issuer",
            Self::ISSUER,
            "-realm",
            "tokens",
            "-addr",
            &address,
            "-key",
            &key.display().to_string(),
            "-passwd",
            &passwords.display().to_string(),
        ];
        let mut daemon = Daemon::start(&tool("token-server"), arguments, &[], &log);
        let answers = || std::net::TcpStream::connect(&address).is_ok();
        daemon
            .wait_until(START_LIMIT, answers)
            .expect("the token server starts");
        Self {
            address,
            certificate,
            scratch,
            _daemon: daemon,
        }
    }

    /// What it calls itself.
    pub const ISSUER: &str = "distribution-token-server";

    /// Where clients get tokens. Some follow a registry to a private address only by name.
    #[must_use]
    pub fn realm(&self) -> String {
        let (_, port) = self.address.rsplit_once(':').unwrap_or_default();
        format!("http://localhost:{port}/token/")
    }

    /// The certificate of its key.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.certificate.file()
    }

    /// The password of `docker`, its only user.
    ///
    /// # Panics
    /// When its log does not tell.
    #[must_use]
    pub fn password(&self) -> String {
        let log = std::fs::read_to_string(self.scratch.join("log")).expect("a log");
        let (_, rest) = log.split_once("password=").expect("a password in the log");
        let password = rest.split_whitespace().next().expect("a password");
        password.trim_matches('"').to_owned()
    }
}
