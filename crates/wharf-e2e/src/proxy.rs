//! Somebody else's proxy in front of a registry, as operators have it: TLS outside, plain HTTP
//! inside.

use std::path::Path;
use std::time::Duration;

use crate::certificate::Certificate;
use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::{Server, free_address};
use crate::tool::tool;

mod haproxy;
mod nginx;

pub use nginx::Site;

const START_LIMIT: Duration = Duration::from_secs(10);

/// Who may come in where the proxy asks.
pub const USER: &str = "wharf";
/// Their password.
pub const PASSWORD: &str = "finger";
/// Both, as `Authorization: Basic` and Docker's configuration have them.
const BASIC: &str = "d2hhcmY6ZmluZ2Vy";

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    port: String,
    asks: bool,
    // Fields are dropped in this order: the daemon has to be gone before its files.
    _daemon: Daemon,
    certificate: Certificate,
    scratch: Scratch,
}

// === impl Proxy ===

impl Proxy {
    /// nginx.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn nginx(server: &Server, site: Site) -> Self {
        Self::nginx_before(server.host(), site)
    }

    /// nginx in front of `host:port` or `unix:/path`.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn nginx_before(inner: &str, site: Site) -> Self {
        Self::start("nginx", &["-c"], site.asks(), |place| {
            if site.asks() {
                place.write("htpasswd", &nginx::htpasswd());
            }
            nginx::configuration(place, inner, site)
        })
    }

    /// HAProxy.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn haproxy(server: &Server) -> Self {
        Self::start("haproxy", &["-db", "-f"], false, |place| {
            haproxy::configuration(place, server.host())
        })
    }

    fn start(
        program: &str,
        options: &[&str],
        asks: bool,
        configuration: impl FnOnce(&Place<'_>) -> String,
    ) -> Self {
        let scratch = Scratch::new();
        let certificate = Certificate::new();
        let outer = free_address();
        let place = Place {
            directory: scratch.path(),
            outer: &outer,
            certificate: &certificate,
        };
        let text = configuration(&place);
        place.write("configuration", &text);
        let file = scratch.join("configuration");
        let mut arguments: Vec<_> = options.iter().map(AsRef::as_ref).collect();
        arguments.push(file.as_os_str());
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&tool(program), arguments, &[], &log);
        daemon
            .wait_until(START_LIMIT, || std::net::TcpStream::connect(&outer).is_ok())
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let (_, port) = outer.rsplit_once(':').expect("an address has a port");
        Self {
            port: port.to_owned(),
            asks,
            _daemon: daemon,
            certificate,
            scratch,
        }
    }

    /// `localhost:port`: not what the registry listens on.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// What clients have to trust.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A directory with a `config.json` as `docker login` leaves it.
    ///
    /// # Panics
    /// When the disk is full.
    #[must_use]
    pub fn client_configuration(&self) -> std::path::PathBuf {
        let directory = self.scratch.join("client");
        std::fs::create_dir_all(&directory).expect("a directory");
        let auths = if self.asks {
            serde_json::json!({self.host(): {"auth": BASIC}})
        } else {
            serde_json::json!({})
        };
        let text = serde_json::json!({"auths": auths}).to_string();
        std::fs::write(directory.join("config.json"), text).expect("write a configuration");
        directory
    }

    /// The head of the answer to a request without a body, by `openssl s_client`.
    #[must_use]
    pub fn head_of(&self, method: &str, path: &str) -> String {
        let authorization = if self.asks {
            format!("Authorization: Basic {BASIC}\r\n")
        } else {
            String::new()
        };
        self.head(method, path, &authorization)
    }

    /// The same for somebody who does not say who they are.
    #[must_use]
    pub fn head_of_stranger(&self, method: &str, path: &str) -> String {
        self.head(method, path, "")
    }

    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let output = self.exchange(method, path, headers, b"");
        let text = String::from_utf8_lossy(&output).trim().to_owned();
        text.split_once("\r\n\r\n")
            .map_or(text.clone(), |(head, _)| head.to_owned())
    }

    /// Head and body of an answer, as they came. Each of `headers` ends its line.
    #[must_use]
    pub fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let host = self.host();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        Run::tool("openssl")
            .words("s_client -quiet -verify_return_error -servername localhost -connect")
            .arg(&host)
            .arg("-CAfile")
            .arg(self.certificate.file())
            .input([head.as_bytes(), body].concat())
            .ok()
            .stdout
    }
}

/// Where a proxy is to be.
struct Place<'a> {
    directory: &'a Path,
    /// The address that clients use.
    outer: &'a str,
    certificate: &'a Certificate,
}

// === impl Place ===

impl Place<'_> {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.join(name), text).expect("write a configuration");
    }
}
