//! From the first byte on a port for TLS to a connection that HTTP can be spoken on.

use std::io;
use std::time::Duration;

use rustls::server::Acceptor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Tls, acme};
use crate::io::Socket;

/// How a client introduced itself.
pub(crate) enum Greeting {
    /// TLS is spoken, and inside of it HTTP/1.1.
    Http1(Box<TlsStream<Socket>>),
    /// TLS is spoken, and inside of it HTTP/2.
    Http2(Box<TlsStream<Socket>>),
    /// There is nothing more to say.
    Over,
}

/// What the first bytes look like.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Looks {
    LikeTls,
    LikeHttp,
}

/// Shakes hands. A client that speaks HTTP is told so, as Go's servers do.
pub(crate) async fn greet(tls: &Tls, mut socket: Socket) -> io::Result<Greeting> {
    match socket.look_ahead(judge).await? {
        None => return Ok(Greeting::Over),
        Some(Looks::LikeHttp) => {
            // It is not waited for longer than its words deserve.
            let _ = tokio::time::timeout(FAREWELL, correct(socket)).await;
            return Ok(Greeting::Over);
        }
        Some(Looks::LikeTls) => {}
    }
    let hello = LazyConfigAcceptor::new(Acceptor::default(), socket).await?;
    let config = tls.config(&hello.client_hello());
    let mut stream = hello.into_stream(config).await?;
    let (_, session) = stream.get_ref();
    Ok(match session.alpn_protocol() {
        // The authority has seen what it came for.
        Some(acme::PROTOCOL) => {
            let _ = stream.shutdown().await;
            Greeting::Over
        }
        Some(b"h2") => Greeting::Http2(Box::new(stream)),
        Some(_) | None => Greeting::Http1(Box::new(stream)),
    })
}

/// A record of TLS begins with its type, which is no letter (RFC 8446, section 5.1).
fn judge(bytes: &[u8]) -> Option<Looks> {
    if !bytes.first()?.is_ascii_uppercase() {
        return Some(Looks::LikeTls);
    }
    let start = bytes.get(..5)?;
    if METHODS.contains(&start) {
        Some(Looks::LikeHttp)
    } else {
        Some(Looks::LikeTls)
    }
}

async fn correct(mut socket: Socket) -> io::Result<()> {
    socket.write_all(CORRECTION).await?;
    socket.shutdown().await?;
    // Closing with bytes unread would take the answer away from the client.
    let mut rest = [0; 4096];
    let mut read = 0;
    while read < MOST_REST {
        match socket.read(&mut rest).await? {
            0 => break,
            more => read += more,
        }
    }
    Ok(())
}

/// The beginnings of requests.
const METHODS: &[&[u8]] = &[
    b"GET /", b"HEAD ", b"POST ", b"PUT /", b"PATCH", b"DELET", b"OPTIO",
];
/// In the words of Go's `net/http`.
const CORRECTION: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
const FAREWELL: Duration = Duration::from_secs(2);
const MOST_REST: usize = 1 << 20;
