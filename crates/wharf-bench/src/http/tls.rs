//! Pulls over TLS: one connection, on the calling thread.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::client;
use super::load::{Counted, Span};
use super::request::Request;
use super::response::Parser;

/// A certificate that servers are started with, and the configuration that trusts it.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    client: Arc<ClientConfig>,
}

/// A connection.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

const NAME: &str = "localhost";

// === impl Authority ===

impl Authority {
    /// Makes a certificate for `localhost` in this directory.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn new(directory: &Path) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
        std::fs::create_dir_all(directory)?;
        let certificate = directory.join("certificate.pem");
        let key = directory.join("key.pem");
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::clone(made.cert.der()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            certificate,
            key,
            client: Arc::new(client),
        })
    }

    /// Connects; the handshake comes with the first request.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(&self, address: SocketAddr) -> Result<Stream> {
        let name = ServerName::try_from(NAME)?;
        let connection = ClientConnection::new(Arc::clone(&self.client), name)?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(StreamOwned::new(connection, stream))
    }
}

/// Asks the same again and again; what is under way when the time is over goes on to its end.
///
/// # Errors
/// When an answer is not what it has to be.
pub fn run<T>(
    mut stream: Stream,
    request: &Request,
    span: Span,
    mut sample: impl FnMut() -> Result<T>,
) -> Result<(Counted, [T; 2])> {
    let mut counted = Counted::default();
    repeat(&mut stream, request, span.warm_up, &mut Counted::default())?;
    let before = sample()?;
    let begin = Instant::now();
    repeat(&mut stream, request, span.counted, &mut counted)?;
    counted.elapsed = begin.elapsed();
    let after = sample()?;
    Ok((counted, [before, after]))
}

fn repeat(
    stream: &mut Stream,
    request: &Request,
    time: Duration,
    counted: &mut Counted,
) -> Result<()> {
    use std::io::{Read, Write};
    let deadline = Instant::now() + time;
    let mut buffer = vec![0; 256 * 1024];
    // At least one answer is read to its end, so that the next call begins with a request.
    while Instant::now() < deadline {
        let begin = Instant::now();
        for piece in &request.pieces {
            stream.write_all(piece)?;
        }
        let mut parser = Parser::new(request.asked);
        while !parser.is_done() {
            let read = stream.read(&mut buffer).context("receiving")?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            let before = parser.received();
            parser.feed(buffer.get(..read).unwrap_or_default(), &mut |_| {})?;
            counted.received += parser.received() - before;
        }
        let head = parser.head().cloned().unwrap_or_default();
        request
            .expected
            .check(request.asked, &head, parser.received())?;
        counted.operations += 1;
        let micros = begin.elapsed().as_micros();
        counted
            .latencies
            .push(u32::try_from(micros).unwrap_or(u32::MAX));
    }
    Ok(())
}

/// One request and its answer, which is hashed.
///
/// # Errors
/// When there is no answer, or it is wrong.
pub fn ask(stream: &mut Stream, request: &Request) -> Result<client::Answer> {
    client::exchange(stream, request)
}
