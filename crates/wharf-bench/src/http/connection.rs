//! One connection of a load: a socket that does not block.

use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bytes::{Buf, Bytes};
use rustix::net::RecvFlags;

use super::head::Head;
use super::load::Script;
use super::request::Request;
use super::response::{Asked, Parser};

/// A connection with its script, and the request it waits for.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) script: Box<dyn Script>,
    pub(super) request: Option<Request>,
    /// What of the request has not been sent.
    unsent: [Bytes; 3],
    pub(super) parser: Parser,
    pub(super) waits_to_write: bool,
    pub(super) began: Instant,
    /// Whether an answer came on this very socket.
    pub(super) used: bool,
}

/// Whether more may come.
pub(super) enum End {
    More,
    Closed,
}

/// How much is read at once of what is looked at.
pub(super) const BUFFER: usize = 32 * 1024;

// === impl Connection ===

impl Connection {
    pub(super) fn open(address: SocketAddr, script: Box<dyn Script>) -> Result<Self> {
        Ok(Self {
            stream: connect(address)?,
            script,
            request: None,
            unsent: Default::default(),
            parser: Parser::new(Asked::Body),
            waits_to_write: false,
            began: Instant::now(),
            used: false,
        })
    }

    /// A socket of its own anew, since the server closed the one before.
    pub(super) fn reconnect(&mut self, address: SocketAddr) -> Result<()> {
        self.stream = connect(address)?;
        self.used = false;
        self.waits_to_write = false;
        Ok(())
    }

    pub(super) fn begin(&mut self, request: Request) {
        self.parser = Parser::new(request.asked);
        self.unsent = request.pieces.clone();
        self.request = Some(request);
    }

    /// Returns whether something is left that the socket does not take now.
    pub(super) fn write(&mut self) -> Result<bool> {
        loop {
            let slices = [0, 1, 2].map(|at| IoSlice::new(self.unsent.get(at).map_or(&[], |b| b)));
            if slices.iter().all(|slice| slice.is_empty()) {
                return Ok(false);
            }
            match self.stream.write_vectored(&slices) {
                Ok(mut written) => {
                    for piece in &mut self.unsent {
                        let now = written.min(piece.len());
                        piece.advance(now);
                        written -= now;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // The server closed an idle connection; the read sees it.
                Err(_) if self.used && self.parser.is_untouched() => return Ok(false),
                Err(error) => return Err(error).context("sending"),
            }
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8], discarded: &mut [u8]) -> Result<End> {
        let skippable = self.parser.skippable();
        if skippable > BUFFER as u64 / 2 {
            let most =
                usize::try_from(skippable).map_or(discarded.len(), |n| n.min(discarded.len()));
            let room = discarded.get_mut(..most).unwrap_or_default();
            return match rustix::net::recv(&self.stream, room, RecvFlags::TRUNC) {
                Ok((_, 0)) => Ok(End::Closed),
                Ok((_, received)) => {
                    self.parser.skip(received as u64);
                    Ok(End::More)
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(End::More),
                Err(error) => Err(error).context("receiving"),
            };
        }
        match self.stream.read(buffer) {
            Ok(0) => Ok(End::Closed),
            Ok(read) => {
                self.used = true;
                let read = buffer.get(..read).unwrap_or_default();
                if self.request.is_none() {
                    bail!("an answer that nobody asked for");
                }
                let taken = self.parser.feed(read, &mut |_| {})?;
                if taken < read.len() {
                    bail!("{} bytes behind the answer", read.len() - taken);
                }
                Ok(End::More)
            }
            Err(error) => match error.kind() {
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted => Ok(End::More),
                std::io::ErrorKind::ConnectionReset => Ok(End::Closed),
                _ => Err(error).context("receiving"),
            },
        }
    }

    pub(super) fn checked_head(&self) -> Result<Head> {
        let (Some(request), Some(head)) = (&self.request, self.parser.head()) else {
            bail!("an answer that nobody asked for");
        };
        if self.unsent.iter().any(|piece| !piece.is_empty()) {
            bail!("status {} before the request was sent", head.status);
        }
        request
            .expected
            .check(request.asked, head, self.parser.received())?;
        Ok(head.clone())
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
