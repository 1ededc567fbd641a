//! Large buffers that are used again: fresh ones of this size would be given back to the
//! system, and faulted in page by page, each time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// A buffer that goes back to where it was taken from.
pub(super) struct Buffer(Vec<u8>);

/// The front of a buffer that has been filled.
struct Filled {
    buffer: Buffer,
    len: usize,
}

/// A buffer of at least `want` bytes: a small want does not hold a large one.
pub(super) fn take(want: usize) -> Buffer {
    let size = if want > SIZE / 2 && want <= SIZE {
        SIZE
    } else {
        want
    };
    let kept = if size == SIZE { lock().pop() } else { None };
    Buffer(kept.unwrap_or_else(|| vec![0; size]))
}

// === impl Buffer ===

impl Buffer {
    /// Up to `want` bytes of it, to be filled.
    pub(super) fn first(&mut self, want: usize) -> &mut [u8] {
        let want = want.min(self.0.len());
        self.0.split_at_mut(want).0
    }

    /// The first `len` bytes, as they were filled.
    pub(super) fn into_bytes(self, len: usize) -> Bytes {
        Bytes::from_owner(Filled { buffer: self, len })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut idle = lock();
        if self.0.len() == SIZE && idle.len() < MOST {
            idle.push(std::mem::take(&mut self.0));
        }
    }
}

// === impl Filled ===

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        self.buffer.0.get(..self.len).unwrap_or_default()
    }
}

fn lock() -> MutexGuard<'static, Vec<Vec<u8>>> {
    // No code that can panic runs under it, so it is whole even if poisoned.
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

static IDLE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
/// Bytes in a buffer.
pub(super) const SIZE: usize = 256 << 10;
/// Buffers that are kept while nobody uses them: 4 MiB.
const MOST: usize = 16;
