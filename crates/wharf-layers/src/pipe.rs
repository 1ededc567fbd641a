//! Bytes from async code to a thread that reads them.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The end that a blocking thread reads. It ends when its [`PipeSender`] is dropped; whether that
/// was too early is for whoever compares digests.
#[derive(Debug)]
pub struct Pipe {
    pieces: Receiver<io::Result<Bytes>>,
    current: Bytes,
}

/// The end that async code fills.
#[derive(Clone, Debug)]
pub struct PipeSender(Sender<io::Result<Bytes>>);

/// The reader is gone: nobody wants the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the reader of the layer has given up")]
pub struct PipeClosed;

/// A pipe in which at most `capacity` pieces wait, at least one.
#[must_use]
pub fn pipe(capacity: usize) -> (PipeSender, Pipe) {
    let (sender, pieces) = channel(capacity.max(1));
    let current = Bytes::new();
    (PipeSender(sender), Pipe { pieces, current })
}

// === impl Pipe ===

impl Read for Pipe {
    /// Not to be called on an async worker.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let len = buffer.len().min(self.current.len());
        if let Some(target) = buffer.get_mut(..len) {
            self.current.copy_to_slice(target);
        }
        Ok(len)
    }
}

// === impl PipeSender ===

impl PipeSender {
    /// Waits until there is room, and hands over the next piece, or why there is none: then the
    /// reader gives up.
    ///
    /// # Errors
    /// When the reader has given up already.
    pub async fn send(&self, piece: io::Result<Bytes>) -> Result<(), PipeClosed> {
        self.0.send(piece).await.map_err(|_| PipeClosed)
    }

    /// The same from a thread that may block.
    ///
    /// # Errors
    /// When the reader has given up already.
    pub fn blocking_send(&self, piece: io::Result<Bytes>) -> Result<(), PipeClosed> {
        self.0.blocking_send(piece).map_err(|_| PipeClosed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_in_order_and_the_end_is_an_end() {
        let (sender, mut pipe) = pipe(1);
        let feeder = std::thread::spawn(move || {
            for piece in ["one", "", " two", " three"] {
                sender.blocking_send(Ok(Bytes::from(piece))).unwrap();
            }
        });
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        feeder.join().unwrap();
        assert_eq!(text, "one two three");
    }

    #[test]
    fn an_error_reaches_the_reader_and_its_end_the_sender() {
        let (sender, mut pipe) = pipe(2);
        sender.blocking_send(Err(io::Error::other("cut"))).unwrap();
        let error = pipe.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.to_string(), "cut");
        drop(pipe);
        assert_eq!(sender.blocking_send(Ok(Bytes::new())), Err(PipeClosed));
    }
}
