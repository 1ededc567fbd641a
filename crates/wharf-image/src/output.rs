//! A file that is being written, without holding up the runtime.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::sync::Arc;

use bytes::Bytes;

/// Gathers small pieces, and writes many at once.
#[derive(Debug)]
pub(crate) struct Output {
    file: Arc<File>,
    pending: Vec<Bytes>,
    pending_length: usize,
}

// === impl Output ===

impl Output {
    pub(crate) fn new(file: File) -> Self {
        Self {
            file: Arc::new(file),
            pending: Vec::new(),
            pending_length: 0,
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.pending_length += bytes.len();
        self.pending.push(bytes);
        if self.pending_length < ENOUGH && self.pending.len() < MANY {
            return Ok(());
        }
        self.flush().await
    }

    /// Throws away what was gathered and what was written.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.pending.clear();
        self.pending_length = 0;
        self.file.set_len(0)
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_length = 0;
        let file = Arc::clone(&self.file);
        run(move || write_all(&file, &pending)).await
    }

    /// Writes what was gathered, and waits until the disk has all of it.
    pub(crate) async fn sync(&mut self) -> io::Result<()> {
        self.flush().await?;
        let file = Arc::clone(&self.file);
        run(move || file.sync_all()).await
    }
}

// === private ===

async fn run(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()))
}

/// Many pieces by few calls.
fn write_all(mut file: &File, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<_> = pieces.iter().map(|bytes| IoSlice::new(bytes)).collect();
    let mut left = &mut slices[..];
    // What is empty is left out, so that nothing was written only if nothing can be.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Bytes that are worth a thread's waking up.
const ENOUGH: usize = 512 << 10;
/// Pieces that are gathered at most, however small they are: each may be a small part of a
/// large buffer.
const MANY: usize = 64;
