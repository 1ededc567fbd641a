//! What is read to be sent: files, and what comes on standard input.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::stream;
use rustix::fs::{CWD, Mode, OFlags};
use wharf_client::{UploadBytes, UploadSource};
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};

use crate::cli::client::Stream;

/// A blob in a file.
pub(super) struct Sent {
    file: Arc<File>,
    pub(super) digest: Digest,
    /// Bytes.
    pub(super) size: u64,
}

const PIECE: usize = 256 << 10;

// === impl Sent ===

impl Sent {
    /// Reads it once, for its digest; what is no file is kept in one without a name. It blocks.
    ///
    /// # Errors
    /// When it cannot be read, or there is no room for it.
    pub(super) fn read(from: &Stream) -> Result<Self> {
        let mut hasher = StreamHasher::new(Algorithm::Sha256);
        let file = match from {
            Stream::Standard => spool(io::stdin().lock(), &mut hasher)?,
            Stream::File(path) => {
                let mut file = open(path)?;
                if file.metadata()?.is_file() {
                    let read = pieces(&mut file, |piece| {
                        hasher.update(piece);
                        Ok(())
                    });
                    read.with_context(|| format!("cannot read {}", path.display()))?;
                    file
                } else {
                    spool(file, &mut hasher)?
                }
            }
        };
        Ok(Self {
            file: Arc::new(file),
            size: hasher.len(),
            digest: hasher.finish(),
        })
    }
}

impl UploadSource for Sent {
    fn open(&self, offset: u64) -> UploadBytes {
        let from = (Arc::clone(&self.file), offset);
        Box::pin(stream::try_unfold(from, |(file, offset)| async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut buffer = vec![0; PIECE];
                let length = file.read_at(&mut buffer, offset)?;
                buffer.truncate(length);
                Ok::<_, io::Error>((file, Bytes::from(buffer)))
            });
            let (file, piece) = read.await.map_err(io::Error::other)??;
            let end = offset + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, (file, end))))
        }))
    }
}

/// All of something that is short. It blocks.
///
/// # Errors
/// When it cannot be read, or has more than `most` bytes.
pub(super) fn read_all(from: &Stream, most: u64) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let (read, shown) = match from {
        Stream::Standard => {
            let limited = &mut io::stdin().lock().take(most + 1);
            (limited.read_to_end(&mut bytes), "standard input".to_owned())
        }
        Stream::File(path) => {
            let limited = &mut open(path)?.take(most + 1);
            (limited.read_to_end(&mut bytes), path.display().to_string())
        }
    };
    read.with_context(|| format!("cannot read {shown}"))?;
    if bytes.len() as u64 > most {
        bail!("{shown} has more than {most} bytes, and a manifest has no more");
    }
    Ok(bytes.into())
}

// === private ===

#[expect(
    clippy::disallowed_methods,
    reason = "a file of the person who runs this, and none of a storage"
)]
fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Keeps bytes in a file that is gone when it is closed.
fn spool(mut from: impl Read, hasher: &mut StreamHasher) -> Result<File> {
    let directory = std::env::temp_dir();
    let shown = directory.display();
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, &directory, flags, Mode::RUSR | Mode::WUSR);
    let file = File::from(file.with_context(|| format!("cannot make a file in {shown}"))?);
    let mut written = 0;
    let kept = pieces(&mut from, |piece| {
        hasher.update(piece);
        file.write_all_at(piece, written)?;
        written += piece.len() as u64;
        Ok(())
    });
    kept.with_context(|| format!("cannot keep what comes in {shown}"))?;
    Ok(file)
}

fn pieces(from: &mut impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => take(buffer.get(..length).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
