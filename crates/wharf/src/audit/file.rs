//! A file that is opened again while it is written, and that lines may be missing from.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::dropped;

/// Where the next file is put, for the thread that writes.
#[derive(Clone)]
pub(super) struct Next {
    path: PathBuf,
    // Guards the file that is to be changed to; never held while something is written.
    file: Arc<Mutex<Option<File>>>,
}

/// Where lines go.
pub(super) struct Output<W> {
    now: Now<W>,
    next: Option<Next>,
    missing: Arc<AtomicU64>,
    /// Whether what was written last ended a line.
    between_lines: bool,
    failures: u64,
}

enum Now<W> {
    First(W),
    Reopened(File),
}

// === impl Next ===

impl Next {
    pub(super) fn open(path: &Path) -> io::Result<(Self, File)> {
        let file = append(path)?;
        let next = Self {
            path: path.to_owned(),
            file: Arc::default(),
        };
        Ok((next, file))
    }

    pub(super) fn reopen(&self) -> io::Result<()> {
        let file = append(&self.path)?;
        let mut next = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(file);
        Ok(())
    }

    fn take(&self) -> Option<File> {
        let mut next = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        next.take()
    }
}

// === impl Output ===

impl<W: Write> Output<W> {
    pub(super) fn new(first: W, next: Option<Next>, missing: Arc<AtomicU64>) -> Self {
        Self {
            now: Now::First(first),
            next,
            missing,
            between_lines: true,
            failures: 0,
        }
    }

    /// What could not be written is missing from the file like what was dropped before.
    fn failed(&mut self, bytes: &[u8], error: &io::Error) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.missing
            .fetch_add(u64::try_from(lines).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.failures += 1;
        if self.failures.is_power_of_two() {
            tracing::error!(%error, "the audit log cannot be written: make room for it");
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.between_lines
            && let Some(file) = self.next.as_ref().and_then(Next::take)
        {
            self.now = Now::Reopened(file);
        }
        match self.now.write(bytes) {
            Ok(written) => {
                let end = bytes.get(..written).and_then(<[u8]>::last);
                self.between_lines = end.is_none_or(|byte| *byte == b'\n');
                Ok(written)
            }
            Err(error) => {
                let is_for_good = !matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                );
                if is_for_good {
                    self.failed(bytes, &error);
                    // A line that was cut off must not be continued by another.
                    if !self.between_lines {
                        _ = self.now.write(b"\n");
                        self.between_lines = true;
                    }
                }
                Err(error)
            }
        }
    }

    /// Called after all that was waiting: what is missing would have come now.
    fn flush(&mut self) -> io::Result<()> {
        let count = self.missing.swap(0, Ordering::Relaxed);
        if count > 0
            && let Err(error) = self.now.write_all(dropped(count).as_bytes())
        {
            self.missing.fetch_add(count, Ordering::Relaxed);
            return Err(error);
        }
        self.now.flush()
    }
}

// === impl Now ===

impl<W: Write> Write for Now<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::First(output) => output.write(bytes),
            Self::Reopened(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::First(output) => output.flush(),
            Self::Reopened(file) => file.flush(),
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    #[expect(
        clippy::disallowed_methods,
        reason = "at the start, and by a signal: never for a request"
    )]
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
