//! nginx in front of a registry, as operators have it: TLS outside, plain HTTP inside.

use std::path::Path;
use std::time::Duration;

use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::{Server, free_address};
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(10);

/// What nginx tells the registry about the request it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// The host in `Host`, the scheme in `X-Forwarded-Proto`.
    HostAndScheme,
    /// Nothing: the registry sees its own address.
    Nothing,
}

/// A running nginx; dropping it stops it.
#[derive(Debug)]
pub struct Nginx {
    port: String,
    // Fields are dropped in this order: the daemon has to be gone before its files.
    _daemon: Daemon,
    scratch: Scratch,
}

impl Nginx {
    /// Starts it in front of `server`, with a certificate of its own for `localhost`.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start(server: &Server, forwarding: Forwarding) -> Self {
        let scratch = Scratch::new();
        certify(scratch.path());
        let outer = free_address();
        let config = scratch.join("nginx.conf");
        let text = configuration(scratch.path(), &outer, server.host(), forwarding);
        std::fs::write(&config, text).expect("write a configuration");
        let arguments = ["-c".as_ref(), config.as_os_str()];
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&tool("nginx"), arguments, &[], &log);
        daemon
            .wait_until(START_LIMIT, || std::net::TcpStream::connect(&outer).is_ok())
            .unwrap_or_else(|error| panic!("nginx: {error}"));
        let (_, port) = outer.rsplit_once(':').expect("an address has a port");
        Self {
            port: port.to_owned(),
            _daemon: daemon,
            scratch,
        }
    }

    /// `localhost:port`: not what the registry listens on.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// A file with the certificate, for clients to trust.
    #[must_use]
    pub fn certificate(&self) -> std::path::PathBuf {
        self.scratch.join("certs/ca.crt")
    }

    /// A directory with the certificate, as Docker and skopeo want it.
    #[must_use]
    pub fn certificates(&self) -> std::path::PathBuf {
        self.scratch.join("certs")
    }

    /// The head of the answer to a request without a body, by `openssl s_client`.
    #[must_use]
    pub fn head_of(&self, method: &str, path: &str) -> String {
        let host = self.host();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
        let output = Run::tool("openssl")
            .words("s_client -quiet -verify_return_error -servername localhost -connect")
            .arg(&host)
            .arg("-CAfile")
            .arg(self.certificate())
            .input(request)
            .ok();
        let text = output.text();
        text.split_once("\r\n\r\n")
            .map_or(text.clone(), |(head, _)| head.to_owned())
    }
}

fn certify(directory: &Path) {
    let certs = directory.join("certs");
    std::fs::create_dir(&certs).expect("a directory");
    Run::tool("openssl")
        .words("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2")
        .words("-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1")
        .arg("-keyout")
        .arg(directory.join("key"))
        .arg("-out")
        .arg(certs.join("ca.crt"))
        .ok();
}

fn configuration(directory: &Path, outer: &str, inner: &str, forwarding: Forwarding) -> String {
    let directory = directory.display();
    let forwarded = match forwarding {
        Forwarding::HostAndScheme => {
            "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;"
        }
        Forwarding::Nothing => "",
    };
    format!(
        "daemon off;
user root;
worker_processes 1;
pid {directory}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen {outer} ssl;
        ssl_certificate {directory}/certs/ca.crt;
        ssl_certificate_key {directory}/key;
        client_max_body_size 0;
        location / {{
            proxy_pass http://{inner};
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_buffering off;
            {forwarded}
        }}
    }}
}}
"
    )
}
