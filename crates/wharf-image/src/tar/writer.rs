//! An archive that is written from its beginning to its end.

use std::io;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::header::{BLOCK, Header};
use super::pax::record;
use crate::output::Output;

/// Where an archive goes.
#[derive(Debug)]
pub(crate) enum Sink {
    /// To a file, or to whoever reads the other end.
    File(Output),
    /// To a request that somebody sends.
    Channel(mpsc::Sender<Bytes>),
}

/// It. Files are written one after another, each with all of its bytes.
#[derive(Debug)]
pub(crate) struct TarWriter {
    sink: Sink,
    /// Bytes of the file that is being written that are still to come.
    left: u64,
    padding: usize,
}

// === impl Sink ===

impl Sink {
    async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::File(output) => output.write(bytes).await,
            Self::Channel(channel) => {
                let sent = channel.send(bytes).await;
                sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        }
    }
}

// === impl TarWriter ===

impl TarWriter {
    pub(crate) const fn new(sink: Sink) -> Self {
        Self {
            sink,
            left: 0,
            padding: 0,
        }
    }

    /// Begins a file of exactly so many bytes.
    pub(crate) async fn begin(&mut self, name: &str, size: u64) -> io::Result<()> {
        let header = Header::new(name, b'0', size);
        if !header.fits() {
            let mut records = record("path", name);
            if size >= 1 << 33 {
                records += &record("size", &size.to_string());
            }
            let before = Header::new("pax", b'x', records.len() as u64);
            self.sink.write(before.block().to_vec().into()).await?;
            let padding = padding(records.len() as u64);
            self.sink.write(records.into()).await?;
            self.pad(padding).await?;
        }
        self.left = size;
        self.padding = padding(size);
        self.sink.write(header.block().to_vec().into()).await
    }

    /// Writes the next bytes of it.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Err(io::Error::other("it has more bytes than its size says"));
        };
        self.left = left;
        self.sink.write(bytes).await
    }

    /// Ends it.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        if self.left > 0 {
            return Err(io::Error::other("it has fewer bytes than its size says"));
        }
        let padding = std::mem::take(&mut self.padding);
        self.pad(padding).await
    }

    /// A file that is all there.
    pub(crate) async fn file(&mut self, name: &str, bytes: Bytes) -> io::Result<()> {
        self.begin(name, bytes.len() as u64).await?;
        self.write(bytes).await?;
        self.end().await
    }

    /// The end of the archive, all of which is on its way then.
    pub(crate) async fn finish(mut self) -> io::Result<()> {
        self.pad(2 * BLOCK).await?;
        match &mut self.sink {
            Sink::File(output) => output.flush().await,
            // It tells an archive that is whole from one that was given up.
            Sink::Channel(_) => self.sink.write(Bytes::new()).await,
        }
    }

    #[cfg(test)]
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::File(output) => output.flush().await,
            Sink::Channel(_) => Ok(()),
        }
    }

    async fn pad(&mut self, padding: usize) -> io::Result<()> {
        static ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
        let zeros = ZEROS.get(..padding).unwrap_or_default();
        match zeros {
            [] => Ok(()),
            zeros => self.sink.write(Bytes::from_static(zeros)).await,
        }
    }
}

// === private ===

/// Bytes up to the end of the block.
fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}
