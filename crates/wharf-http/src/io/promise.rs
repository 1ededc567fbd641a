//! Parts of files that a connection is to send without their bytes passing through us.
//!
//! hyper wants bytes. What it gets of a file are slices of a place holder that nobody reads:
//! it queues them like any other bytes and hands them to the socket, which knows their
//! address and sends the file instead. Both sides count. Whoever takes a promise for bytes
//! and moves past it breaks the connection, before a byte of the place holder leaves.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Buf;
use wharf_store::FileSpan;

/// What was promised on a connection, in the order in which it goes out. Only a socket that
/// keeps promises makes one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    // Guards a few numbers, for a moment.
    state: Arc<Mutex<State>>,
}

/// A part of a file that stands among the bytes of an answer.
pub(crate) struct Promise {
    promises: Promises,
    remaining: usize,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<FileSpan>,
    /// Bytes that went out and that their promise does not know of yet.
    kept: usize,
    broken: bool,
}

// === impl Promises ===

impl Promises {
    /// Promises `span`, which has to be the next thing that hyper is given.
    pub(crate) fn promise(&self, span: FileSpan) -> Promise {
        // A file that has more bytes than there are addresses cannot be.
        let remaining = usize::try_from(span.len()).unwrap_or(usize::MAX);
        self.state().queue.push_back(span);
        Promise {
            promises: self.clone(),
            remaining,
        }
    }

    /// What is to go out next.
    pub(super) fn next(&self) -> Option<FileSpan> {
        self.state().queue.pop_front()
    }

    /// That many promised bytes are out.
    pub(super) fn keep(&self, bytes: usize) {
        self.state().kept += bytes;
    }

    /// Whether something else than what was promised might go out.
    pub(super) fn are_broken(&self) -> bool {
        self.state().broken
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Promise ===

impl Buf for Promise {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        let most = self.remaining.min(PLACE_HOLDER.len());
        PLACE_HOLDER.get(..most).unwrap_or_default()
    }

    /// As many slices as there is room for: whoever fills the rest with what comes after
    /// this relies on it.
    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut remaining = self.remaining;
        let mut filled = 0;
        for slice in slices {
            let most = remaining.min(PLACE_HOLDER.len());
            if most == 0 {
                break;
            }
            *slice = IoSlice::new(PLACE_HOLDER.get(..most).unwrap_or_default());
            remaining -= most;
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, count: usize) {
        self.remaining = self.remaining.saturating_sub(count);
        let mut state = self.promises.state();
        match state.kept.checked_sub(count) {
            Some(kept) => state.kept = kept,
            None => state.broken = true,
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.remaining > 0 {
            self.promises.state().broken = true;
        }
    }
}

/// Whether these bytes stand for something else.
pub(super) fn is_place_holder(bytes: &[u8]) -> bool {
    let start = PLACE_HOLDER.as_ptr().addr();
    let at = bytes.as_ptr().addr();
    (start..start + PLACE_HOLDER.len()).contains(&at)
}

/// Nobody reads it. hyper asks for 64 slices at once, so a call can promise 4 MiB.
static PLACE_HOLDER: [u8; 64 << 10] = [0; 64 << 10];
