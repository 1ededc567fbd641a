//! SIGHUP: what an operator changes while the server runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::digest::sha256;
use wharf_e2e::scratch::Scratch;

const LIMIT: Duration = Duration::from_secs(30);

/// Waits for something that a signal or a clock brings about.
fn wait(server: &Configured, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}\n{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends SIGHUP and waits for what is said about it: a line that was not there before.
fn hang_up(server: &Configured, line: &str) {
    let before = server.log().len();
    server.hang_up();
    wait(server, line, || server.log()[before..].contains(line));
}

/// What is said at the level `debug` only, of a client that speaks no HTTP.
const TOLD: &str = "a connection ended early";

/// Sends what is no HTTP, and says how long the log was before.
fn speak_no_http(server: &Configured) -> usize {
    let before = server.log().len();
    let mut stream = TcpStream::connect(server.host()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(b"no HTTP\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    before
}

fn expect_debug(server: &Configured) {
    let before = speak_no_http(server);
    wait(server, TOLD, || server.log()[before..].contains(TOLD));
}

fn expect_no_debug(server: &Configured) {
    let before = speak_no_http(server);
    // A request is told of at both levels, and later.
    let mark = format!("/v2/?after={before}");
    server.http().get(&mark).expect(200);
    let is_there = |line: &str| line.contains("response completed") && line.contains(&mark);
    wait(server, &mark, || {
        server.log()[before..].lines().any(is_there)
    });
    assert!(!server.log()[before..].contains(TOLD));
}

const HOLDS: &str = "the configuration was read again: its log level holds now";
const STAYS: &str = "log level and rules stay as they are: ";

#[test]
fn the_log_level_changes_without_a_restart() {
    let server = Configuration::default()
        .set("log", json!({"level": "info"}))
        .start();
    let pid = server.pid();
    let config = server.directory().join("config.yml");
    let info = std::fs::read_to_string(&config).unwrap();
    let write = |text: &str| std::fs::write(&config, text).unwrap();
    let debug = info.replace("info", "debug");
    assert_ne!(info, debug);
    expect_no_debug(&server);
    for _ in 0..2 {
        write(&debug);
        // A signal is needed.
        expect_no_debug(&server);
        hang_up(&server, HOLDS);
        expect_debug(&server);
        // A file that cannot be read, or says what cannot be, changes nothing.
        for (broken, line) in [
            ("version: 0.1\nstorage: [", "config.yml"),
            (&debug.replace("debug", "loudest"), "loudest"),
            (&debug.replace("storage", "storrage"), "storage"),
        ] {
            write(broken);
            let before = server.log().len();
            hang_up(&server, STAYS);
            let log = server.log();
            let told = log[before..].lines().find(|line| line.contains(STAYS));
            let told = told.unwrap();
            assert!(
                told.contains("level=error") && told.contains(line),
                "{told}"
            );
            expect_debug(&server);
        }
        std::fs::remove_file(&config).unwrap();
        hang_up(&server, STAYS);
        expect_debug(&server);

        write(&info);
        hang_up(&server, HOLDS);
        expect_no_debug(&server);
    }
    assert_eq!(server.pid(), pid);
    assert!(server.stop().success());
}

/// A certificate for `localhost` and its key, in the files that the server reads.
struct Issued(CertificateDer<'static>);

impl Issued {
    fn into_files(directory: &Path) -> Self {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        // By renaming, as tools for certificates do it.
        let put = |name: &str, text: String| {
            let new = directory.join(format!("{name}.new"));
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, directory.join(name)).unwrap();
        };
        put("tls.key", issued.signing_key.serialize_pem());
        put("tls.crt", issued.cert.pem());
        Self(CertificateDer::from_pem_file(directory.join("tls.crt")).unwrap())
    }

    /// A client that trusts this certificate and no other; nothing if it is shown another.
    fn connect(&self, server: &Configured) -> Option<Client> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.clone()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect(server.host()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        while tls.is_handshaking() {
            match tls.complete_io(&mut stream) {
                Ok(_) => {}
                Err(error) if error.to_string().contains("invalid peer certificate") => {
                    return None;
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(tls.peer_certificates(), Some([self.0.clone()].as_slice()));
        Some(Client(StreamOwned::new(tls, stream)))
    }
}

struct Client(StreamOwned<ClientConnection, TcpStream>);

impl Client {
    /// One request on the connection that is there.
    fn asks(&mut self) {
        let request = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"{}") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
    }
}

fn secure(files: &Path) -> Configured {
    let path = |name: &str| files.join(name).display().to_string();
    Configuration::default()
        .set("http.tls.certificate", json!(path("tls.crt")))
        .set("http.tls.key", json!(path("tls.key")))
        .start()
}

#[test]
fn a_new_certificate_is_shown_after_the_signal() {
    let files = Scratch::new();
    let old = Issued::into_files(files.path());
    let server = secure(files.path());
    let mut open = old.connect(&server).unwrap();
    open.asks();
    let new = Issued::into_files(files.path());
    assert_ne!(sha256(&old.0), sha256(&new.0));
    hang_up(&server, "the certificates were read again");
    assert!(old.connect(&server).is_none());
    new.connect(&server).unwrap().asks();
    open.asks();

    std::fs::write(files.join("tls.crt"), "no certificate").unwrap();
    hang_up(&server, "the certificates stay as they are: ");
    new.connect(&server).unwrap().asks();
    open.asks();
    assert!(server.stop().success());
}

#[test]
fn a_new_certificate_is_noticed_without_a_signal() {
    let files = Scratch::new();
    let old = Issued::into_files(files.path());
    let server = secure(files.path());
    let mut open = old.connect(&server).unwrap();
    open.asks();
    let new = Issued::into_files(files.path());
    wait(&server, "the old one is still shown", || {
        new.connect(&server).is_some_and(|mut client| {
            client.asks();
            true
        })
    });
    assert!(old.connect(&server).is_none());
    open.asks();
}
