//! Pebble: a certificate authority that speaks ACME, for tests, and the name server that it
//! asks.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running authority; dropping it stops it. All names are those of this machine.
#[derive(Debug)]
pub struct Pebble {
    setup: Setup,
    authority: Option<Daemon>,
    names: Http,
    _name_server: Daemon,
    scratch: Scratch,
}

/// Where it listens, and what it does.
#[derive(Debug)]
struct Setup {
    /// Of the directory.
    address: String,
    /// Of what is not ACME.
    management: String,
    /// Of its name server.
    names: String,
    /// The port on which it looks for the answers to its questions.
    tls_port: u16,
    /// How long its certificates are good.
    seconds: u64,
}

// === impl Pebble ===

impl Pebble {
    /// An authority that looks for answers on `tls_port`, and whose certificates are good
    /// for some `seconds`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(tls_port: u16, seconds: u64) -> Self {
        let scratch = Scratch::new();
        let (name_server, names, dns) = start_name_server(&scratch);
        let setup = Setup {
            address: free_address(),
            management: free_address(),
            names: dns,
            tls_port,
            seconds,
        };
        write_files(&setup, scratch.path());
        let mut pebble = Self {
            setup,
            authority: None,
            names,
            _name_server: name_server,
            scratch,
        };
        pebble.resume();
        pebble
    }

    /// Stops it; it forgets everything.
    pub fn stop(&mut self) {
        drop(self.authority.take());
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn resume(&mut self) {
        let config = self.scratch.join("config.json").display().to_string();
        let arguments = ["-config", &config, "-dnsserver", &self.setup.names];
        let environment = [("PEBBLE_VA_NOSLEEP", "1")];
        let log = self.scratch.join("log");
        let mut daemon = Daemon::start(&tool("pebble"), arguments, &environment, &log);
        let answers = || std::net::TcpStream::connect(&self.setup.address).is_ok();
        daemon
            .wait_until(START_LIMIT, answers)
            .expect("pebble starts");
        self.authority = Some(daemon);
    }

    /// The URL of its directory.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("https://{}/dir", self.setup.address)
    }

    /// `host:port` at which its root certificate is at `/roots/0`, over TLS.
    #[must_use]
    pub fn management(&self) -> &str {
        &self.setup.management
    }

    /// The certificate of the authority that its own servers are trusted by.
    #[must_use]
    pub fn trusted(&self) -> PathBuf {
        self.scratch.join("ca.pem")
    }

    /// Sends whoever looks for `host` to `address`.
    ///
    /// # Panics
    /// When the name server does not take it.
    pub fn move_away(&self, host: &str, address: &str) {
        let body = json!({ "host": host, "addresses": [address] });
        self.manage("/add-a", &body);
    }

    /// Brings `host` back to this machine.
    ///
    /// # Panics
    /// When the name server does not take it.
    pub fn bring_back(&self, host: &str) {
        self.manage("/clear-a", &json!({ "host": host }));
    }

    /// What it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.authority.as_ref().map(Daemon::log).unwrap_or_default()
    }

    fn manage(&self, path: &str, body: &serde_json::Value) {
        let answer = self.names.post(path).body(body.to_string()).send();
        assert_eq!(answer.status, 200, "{path} {body}");
    }
}

fn start_name_server(scratch: &Scratch) -> (Daemon, Http, String) {
    let management = free_address();
    // The port is for both TCP and UDP.
    let dns = UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a free port")
        .to_string();
    let arguments = [
        "-defaultIPv4",
        "127.0.0.1",
        "-defaultIPv6",
        "",
        "-dnsserver",
        &dns,
        "-management",
        &management,
        "-doh",
        "",
        "-http01",
        "",
        "-https01",
        "",
        "-tlsalpn01",
        "",
    ];
    let log = scratch.join("names.log");
    let mut daemon = Daemon::start(&tool("pebble-challtestsrv"), arguments, &[], &log);
    let answers = || {
        std::net::TcpStream::connect(&management).is_ok()
            && std::net::TcpStream::connect(&dns).is_ok()
    };
    daemon
        .wait_until(START_LIMIT, answers)
        .expect("the name server starts");
    (daemon, Http::new(&management), dns)
}

/// Its configuration, and the certificate of its servers.
fn write_files(setup: &Setup, directory: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = || KeyPair::generate().expect("a key");
    let ca = CertifiedIssuer::self_signed(params, key()).expect("a certificate");
    let own_key = key();
    let own = CertificateParams::new(["127.0.0.1".to_owned()])
        .and_then(|params| params.signed_by(&own_key, &ca))
        .expect("a certificate");
    let write = |name: &str, text: String| {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("write a file");
        path
    };
    write("ca.pem", ca.pem());
    let config = json!({ "pebble": {
        "listenAddress": setup.address,
        "managementListenAddress": setup.management,
        "certificate": write("certificate.pem", own.pem()),
        "privateKey": write("key.pem", own_key.serialize_pem()),
        "httpPort": 1,
        "tlsPort": setup.tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
        "retryAfter": { "authz": 1, "order": 1 },
        "keyAlgorithm": "ecdsa",
        "profiles": { "default": { "description": "", "validityPeriod": setup.seconds } },
    }});
    write("config.json", config.to_string());
}
