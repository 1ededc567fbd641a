//! TLS: certificates, versions, suites, clients with certificates, and what is no TLS.

mod clients;
mod files;
mod handshakes;
mod reload;
mod versions;

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_http::{Identity, Listener, PortUse, Protocol, Tls, TlsError, TlsSettings};

use crate::fixtures::{LAYER, sha256};
use crate::harness::{Lines, Setup, Wharf};
use crate::pki::{self, Authority, Files, NAME, Trust};
use crate::wire::{Client, Request};

/// A server with a certificate.
pub(crate) struct Secured {
    pub(crate) wharf: Wharf,
    pub(crate) tls: Tls,
    pub(crate) authority: Authority,
    pub(crate) files: Files,
}

// === impl Secured ===

impl Secured {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::memory(), |_| {}).await
    }

    pub(crate) async fn with(setup: Setup, choose: impl FnOnce(&mut TlsSettings)) -> Self {
        let authority = Authority::new("the authority");
        let files = Files::new(&authority.issue(NAME));
        let mut settings = settings(&files);
        choose(&mut settings);
        let tls = Tls::load(settings).await.unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::tcp(&address, PortUse::Alone).await.unwrap();
        let wharf = setup.serve_with(listener, Protocol::Tls(tls.clone()));
        Self {
            wharf,
            tls,
            authority,
            files,
        }
    }

    /// A connection of a client that speaks HTTP/1.1.
    pub(crate) async fn connect(&self) -> Client<pki::Tls> {
        let trust = self.authority.trust();
        Client::over(trust.connect(self.wharf.address).await.unwrap())
    }

    /// One request of a client with these wishes, if it gets an answer.
    pub(crate) async fn ask(&self, trust: &Trust) -> io::Result<u16> {
        let mut stream = trust.connect(self.wharf.address).await?;
        stream.write_all(&Request::get("/v2/").bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer);
        Ok(text.rsplit(' ').next().unwrap().parse().unwrap())
    }

    pub(crate) async fn is_well(&self) {
        assert_eq!(self.ask(&self.authority.trust()).await.unwrap(), 200);
    }
}

fn settings(files: &Files) -> TlsSettings {
    TlsSettings::new(Identity::Files {
        certificate: files.certificate(),
        key: files.key(),
    })
}

async fn load(files: &Files) -> Result<Tls, TlsError> {
    Tls::load(settings(files)).await
}

#[tokio::test]
async fn a_blob_goes_in_and_comes_out() {
    let (log, lines) = Lines::log();
    let mut setup = Setup::memory();
    setup.settings.access_log = Some(log.clone());
    let secured = Secured::with(setup, |_| {}).await;
    let mut client = secured.connect().await;
    let content = crate::fixtures::noise(9 << 20);
    let digest = sha256(&content);
    let push = Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(&content);
    let pushed = client.ask(push).await;
    assert_eq!(
        pushed.header("Location"),
        Some(&*format!("https://wharf.test/v2/a/blobs/{digest}"))
    );
    let pulled = client.ask(Request::get(&pushed.location())).await;
    assert!(pulled.body == content);
    drop(client);
    tokio::task::spawn_blocking(move || log.close())
        .await
        .unwrap();
    let text = lines.text();
    assert!(text.starts_with("127.0.0.1 - - ["), "{text}");
    assert!(text.contains(" HTTP/1.1\" 201 "), "{text}");
}

/// A proxy in front may still know better.
#[tokio::test]
async fn what_a_proxy_says_of_the_scheme_counts_more() {
    let secured = Secured::start().await;
    let mut client = secured.connect().await;
    let start = Request::post("/v2/a/blobs/uploads/").header("X-Forwarded-Proto", "http");
    let location = client.ask(start).await;
    let location = location.header("Location").unwrap();
    assert!(location.starts_with("http://wharf.test/"), "{location}");
}

#[tokio::test]
async fn it_works_on_a_unix_socket_too() {
    let authority = Authority::new("the authority");
    let files = Files::new(&authority.issue(NAME));
    let path = files.add("unused", "").with_file_name("socket");
    let tls = load(&files).await.unwrap();
    let listener = Listener::unix(&path).await.unwrap();
    let _wharf = Setup::memory().serve_with(listener, Protocol::Tls(tls));
    let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    let connector =
        tokio_rustls::TlsConnector::from(std::sync::Arc::new(authority.trust().config()));
    let stream = connector
        .connect(NAME.try_into().unwrap(), stream)
        .await
        .unwrap();
    let mut client = Client::over(stream);
    let digest = sha256(LAYER);
    let push = Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(LAYER);
    assert_eq!(client.ask(push).await.status, 201);
}

#[tokio::test]
async fn a_server_stops_when_its_clients_are_done() {
    let secured = Secured::start().await;
    let mut idle = secured.connect().await;
    assert_eq!(idle.ask(Request::get("/v2/")).await.status, 200);
    let mut new = secured.connect().await;
    let mut silent = Client::connect(secured.wharf.address).await;
    secured.wharf.shutdown.drain.cancel();
    idle.is_closed().await;
    assert_eq!(new.ask(Request::get("/v2/")).await.status, 200);
    silent.is_closed().await;
    assert_eq!(
        secured.wharf.task.await.unwrap(),
        wharf_http::Stopped::Clean
    );
}
