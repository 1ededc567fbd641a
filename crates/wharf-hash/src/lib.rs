//! Digests of streams whose state outlives the process: it is saved in Go's layout, so that
//! an upload begun by distribution goes on here, and one begun here goes on there.
//!
//! Hashing keeps a processor busy and knows nothing of the runtime: callers run it on the
//! blocking pool and not on an async worker, except for what fits in a page or two, or in
//! the processor's cache where that [`is quick`](StreamHasher::is_quick).

#[expect(unsafe_code, reason = "the one place that calls C: SHA-2 in assembly")]
mod ffi;
mod hasher;
mod state;

use wharf_spec::{Algorithm, Digest};

pub use hasher::StreamHasher;
pub use state::StateError;

/// The digest of bytes that are all there.
#[must_use]
pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let mut hasher = StreamHasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}
