//! Certificates from an authority: obtained, kept, used again and renewed.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wharf_e2e::pebble::Pebble;
use wharf_http::{
    AcmeSettings, App, Identity, Limits, Listener, LocalAddress, PortUse, Protocol, Server,
    Settings, Shutdown, Stopped, Tls, TlsSettings,
};
use wharf_registry::{Options, Registry};
use wharf_store::MemoryStore;

const DAY: u64 = 24 * 3600;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with certificates of an authority.
struct Wharf {
    address: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<Stopped>,
}

async fn listener() -> (Listener, SocketAddr) {
    let address = "127.0.0.1:0".parse().unwrap();
    let listener = Listener::tcp(&address, PortUse::Alone).await.unwrap();
    match *listener.local_address() {
        LocalAddress::Tcp(address) => (listener, address),
        ref other => panic!("{other}"),
    }
}

fn settings(pebble: &Pebble, cache: &Path, hosts: &[&str]) -> AcmeSettings {
    let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
    AcmeSettings {
        email: Some("operator@wharf.test".to_owned()),
        directory: pebble.directory(),
        trusted: Some(pebble.trusted()),
        retry: Duration::from_secs(1),
        ..AcmeSettings::new(cache.to_owned(), hosts)
    }
}

// === impl Wharf ===

impl Wharf {
    async fn start(listener: (Listener, SocketAddr), settings: AcmeSettings) -> Self {
        let (listener, address) = listener;
        let tls = Tls::load(TlsSettings::new(Identity::Acme(settings))).await;
        let registry = Registry::new(Arc::new(MemoryStore::default()), Options::default());
        let app = App::new(registry, Settings::default());
        let server = Server::new(listener, app, Limits::default());
        let server = server.speaking(Protocol::Tls(tls.unwrap()));
        let shutdown = Shutdown::default();
        let task = tokio::spawn(server.run(shutdown.clone()));
        Self {
            address,
            shutdown,
            task,
        }
    }

    async fn stop(self) {
        self.shutdown.drain.cancel();
        assert_eq!(self.task.await.unwrap(), Stopped::Clean);
    }

    /// The certificate that it shows for a name, once it is one that `roots` trust.
    async fn comes_to_show(&self, host: &str, roots: &RootCertStore) -> CertificateDer<'static> {
        let start = Instant::now();
        loop {
            match connect(self.address, host, roots).await {
                Ok(mut stream) => {
                    let (_, session) = stream.get_ref();
                    let shown = session.peer_certificates().unwrap()[0].clone();
                    assert!(
                        get(&mut stream, "/v2/")
                            .await
                            .starts_with("HTTP/1.1 200 OK\r\n")
                    );
                    return shown;
                }
                Err(error) => assert!(start.elapsed() < PATIENCE, "{host}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn connect(
    address: SocketAddr,
    host: &str,
    roots: &RootCertStore,
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = ClientConfig::builder()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Pebble ends without a word of TLS.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Those who trust the certificates that it gives to others.
async fn roots(pebble: &Pebble) -> RootCertStore {
    let mut own = RootCertStore::empty();
    own.add(CertificateDer::from_pem_file(pebble.trusted()).unwrap())
        .unwrap();
    let address = pebble.management().parse().unwrap();
    let mut stream = connect(address, "127.0.0.1", &own).await.unwrap();
    let answer = get(&mut stream, "/roots/0").await;
    let root = CertificateDer::from_pem_slice(answer.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    roots
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_obtained_kept_and_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("acme/cache");
    let listener1 = listener().await;
    let mut pebble = Pebble::start(listener1.1.port(), 90 * DAY);
    let roots = roots(&pebble).await;
    let hosts = ["one.test", "TWO.test"];
    let wharf = Wharf::start(listener1, settings(&pebble, &cache, &hosts)).await;
    let one = wharf.comes_to_show("one.test", &roots).await;
    let two = wharf.comes_to_show("two.test", &roots).await;
    assert_ne!(one, two);
    // Upper case is the same name; another one, or none, is refused.
    assert_eq!(wharf.comes_to_show("ONE.test", &roots).await, one);
    for stranger in ["three.test", "127.0.0.1"] {
        let error = connect(wharf.address, stranger, &roots).await.unwrap_err();
        assert!(
            error.to_string().contains("received fatal alert"),
            "{error}"
        );
    }
    assert_eq!(mode(&cache), 0o700);
    let files: Vec<_> = std::fs::read_dir(&cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    wharf.stop().await;

    // The authority is not needed for what is kept.
    pebble.stop();
    let wharf = Wharf::start(listener().await, settings(&pebble, &cache, &hosts)).await;
    let stream = connect(wharf.address, "one.test", &roots).await.unwrap();
    assert_eq!(stream.get_ref().1.peer_certificates().unwrap()[0], one);
    wharf.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_before_they_end() {
    let cache = tempfile::tempdir().unwrap();
    let listener = listener().await;
    let pebble = Pebble::start(listener.1.port(), 15);
    let roots = roots(&pebble).await;
    let wharf = Wharf::start(listener, settings(&pebble, cache.path(), &["one.test"])).await;
    let mut shown = vec![wharf.comes_to_show("one.test", &roots).await];
    let start = Instant::now();
    while shown.len() < 3 {
        assert!(start.elapsed() < PATIENCE, "{} were shown", shown.len());
        // Each of them is good all the time.
        let stream = connect(wharf.address, "one.test", &roots).await.unwrap();
        let now = &stream.get_ref().1.peer_certificates().unwrap()[0];
        if shown.last() != Some(now) {
            shown.push(now.clone());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let kept = std::fs::read(cache.path().join("one.test")).unwrap();
    let kept = CertificateDer::from_pem_slice(&kept).unwrap();
    assert_eq!(Some(&kept), shown.last());
    wharf.stop().await;
}

/// The next attempt finds what the operator has put right.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_elsewhere_is_tried_again_and_keeps_nobody_waiting() {
    let cache = tempfile::tempdir().unwrap();
    let listener = listener().await;
    let pebble = Pebble::start(listener.1.port(), 90 * DAY);
    let roots = roots(&pebble).await;
    tokio::task::block_in_place(|| pebble.move_away("lost.test", "127.0.0.99"));
    let hosts = ["lost.test", "one.test"];
    let wharf = Wharf::start(listener, settings(&pebble, cache.path(), &hosts)).await;
    wharf.comes_to_show("one.test", &roots).await;
    connect(wharf.address, "lost.test", &roots)
        .await
        .unwrap_err();
    assert!(!cache.path().join("lost.test").exists());
    tokio::task::block_in_place(|| pebble.bring_back("lost.test"));
    wharf.comes_to_show("lost.test", &roots).await;
    wharf.stop().await;
}

/// Authorities forget accounts, and those for tests forget all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_account_is_made_again() {
    let cache = tempfile::tempdir().unwrap();
    let listener1 = listener().await;
    let (address, acme) = (listener1.1, cache.path());
    let mut pebble = Pebble::start(address.port(), 90 * DAY);
    let first = roots(&pebble).await;
    let wharf = Wharf::start(listener1, settings(&pebble, acme, &["one.test"])).await;
    wharf.comes_to_show("one.test", &first).await;
    wharf.stop().await;
    let account = std::fs::read(acme.join("wharfinger+account.json")).unwrap();
    pebble.stop();
    pebble.resume();
    let second = roots(&pebble).await;
    let same = address.to_string().parse().unwrap();
    let again = Listener::tcp(&same, PortUse::Alone).await.unwrap();
    let settings = settings(&pebble, acme, &["one.test", "two.test"]);
    let wharf = Wharf::start((again, address), settings).await;
    wharf.comes_to_show("two.test", &second).await;
    let remade = std::fs::read(acme.join("wharfinger+account.json")).unwrap();
    assert_ne!(account, remade);
    wharf.stop().await;
}

/// What Go's autocert has kept is used, and what we keep is as it keeps it: first the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_predecessor_is_used() {
    let cache = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::CertificateParams::new(["one.test".to_owned()]).unwrap();
    let certificate = issuer.self_signed(&key).unwrap();
    let text = key.serialize_pem() + &certificate.pem();
    std::fs::write(cache.path().join("one.test"), text).unwrap();
    let hosts = vec!["one.test".to_owned()];
    let settings = AcmeSettings {
        directory: "https://127.0.0.1:1/nobody".to_owned(),
        ..AcmeSettings::new(cache.path().to_owned(), hosts)
    };
    let wharf = Wharf::start(listener().await, settings).await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let shown = wharf.comes_to_show("one.test", &roots).await;
    assert_eq!(&shown, certificate.der());
    wharf.stop().await;
}
