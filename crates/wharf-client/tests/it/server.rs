//! A server that answers as a test says, breaks off where a test says, and remembers what it
//! was asked.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use wharf_client::{Credential, RegistryClient, RegistryHost};

use crate::settings::hasty;

/// It. Dropping it closes nothing: its task ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    handler: Box<dyn Fn(&Seen) -> Reply + Send + Sync>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body is still to come: a handler may say how much of it is read.
    pub(crate) is_head: bool,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// So many bytes of the body are sent, and then no more.
    stop: Option<usize>,
    /// After that the connection stays open.
    hang: bool,
    /// The length is not said.
    chunked: bool,
    /// So many bytes of the request are read, and then the connection is closed.
    read: Option<usize>,
}

// === impl Server ===

impl Server {
    pub(crate) async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(None, handler).await
    }

    pub(crate) async fn start_with(
        tls: Option<TlsAcceptor>,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            handler: Box::new(handler),
        });
        let server = Self { address, shared };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (server, tls) = (own.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => server.serve(socket).await,
                        Some(tls) => match tls.accept(socket).await {
                            Ok(stream) => server.serve(stream).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        server
    }

    pub(crate) fn host(&self) -> RegistryHost {
        self.address.to_string().parse().unwrap()
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn client(&self) -> RegistryClient {
        RegistryClient::new(self.host(), &hasty(), None).unwrap()
    }

    pub(crate) fn client_of(&self, credential: Credential) -> RegistryClient {
        RegistryClient::new(self.host(), &hasty(), Some(credential)).unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Methods, paths and what was shown, in order; then it forgets them.
    pub(crate) fn asked(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.shared.seen.lock().unwrap());
        let line = |seen: Seen| {
            let shown = seen.header("authorization").map(|it| format!(" [{it}]"));
            format!("{} {}{}", seen.method, seen.path, shown.unwrap_or_default())
        };
        seen.into_iter().map(line).collect()
    }

    /// Answers one request after another; `None` when the connection is at its end.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        loop {
            let Some(mut seen) = read_head(&mut stream).await else {
                stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await.ok()?;
                return None;
            };
            seen.is_head = true;
            let most = (self.shared.handler)(&seen).read;
            seen.is_head = false;
            let length = seen
                .header("content-length")
                .map_or(0, |it| it.parse().unwrap());
            assert_eq!(seen.header("transfer-encoding"), None);
            let wanted = most.unwrap_or(usize::MAX).min(length);
            seen.body = vec![0; wanted];
            stream.read_exact(&mut seen.body).await.ok()?;
            self.shared.seen.lock().unwrap().push(seen.clone());
            let reply = (self.shared.handler)(&seen);
            if most.is_some() {
                return None;
            }
            reply.write(&mut stream, seen.method == "HEAD").await?;
        }
    }
}

// === impl Seen ===

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        if !head[0].is_ascii_uppercase() {
            return None;
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Seen {
        method,
        path,
        headers: headers.collect(),
        ..Seen::default()
    })
}

// === impl Reply ===

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).body(body)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Display) -> Self {
        let header = (name.to_owned(), format!("{value}"));
        self.headers.push(header);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn stop(mut self, after: usize) -> Self {
        self.stop = Some(after);
        self
    }

    pub(crate) fn hang(mut self, after: usize) -> Self {
        self.hang = true;
        self.stop(after)
    }

    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Reads so much of what comes, and closes.
    pub(crate) fn read(most: usize) -> Self {
        Self {
            read: Some(most),
            ..Self::new(0)
        }
    }

    /// Closes without a word.
    pub(crate) fn gone() -> Self {
        Self::new(0)
    }

    async fn write(self, stream: &mut (impl AsyncWrite + Unpin), is_head: bool) -> Option<()> {
        if self.status == 0 {
            if self.hang {
                std::future::pending::<()>().await;
            }
            return None;
        }
        let mut head = format!("HTTP/1.1 {} Said\r\n", self.status);
        let has_length = self
            .headers
            .iter()
            .any(|(name, _)| name == "content-length");
        if self.chunked {
            head.push_str("transfer-encoding: chunked\r\n");
        } else if !has_length && self.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        if is_head {
            return Some(());
        }
        let end = self.stop.unwrap_or(self.body.len()).min(self.body.len());
        for piece in self.body[..end].chunks(PIECE) {
            if self.chunked {
                let size = format!("{:x}\r\n", piece.len());
                stream.write_all(size.as_bytes()).await.ok()?;
            }
            stream.write_all(piece).await.ok()?;
            if self.chunked {
                stream.write_all(b"\r\n").await.ok()?;
            }
        }
        stream.flush().await.ok()?;
        if self.hang {
            std::future::pending::<()>().await;
        }
        if self.stop.is_some() {
            stream.shutdown().await.ok()?;
            return None;
        }
        if self.chunked {
            stream.write_all(b"0\r\n\r\n").await.ok()?;
        }
        Some(())
    }
}

/// Bytes that are written at once.
const PIECE: usize = 64 << 10;
