//! The digest of a blob while it comes.

use std::mem;

use bytes::Bytes;
use tokio::task::JoinHandle;
use wharf_hash::StreamHasher;
use wharf_spec::Digest;

/// Hashes the pieces of a blob, one after the other, and each while the next one comes.
#[derive(Debug)]
pub(super) struct Verifier {
    state: State,
    /// Bytes of all pieces that were begun with.
    len: u64,
}

#[derive(Debug)]
enum State {
    Idle(Box<StreamHasher>),
    /// Where the processor has no instructions for it, hashing would hold up other tasks.
    Busy(JoinHandle<Box<StreamHasher>>),
    Lost,
}

/// The digest will never be known: a thread did not end its work.
#[derive(Debug)]
pub(super) struct Lost;

// === impl Verifier ===

impl Verifier {
    /// Goes on where this hash is.
    pub(super) fn new(hasher: StreamHasher) -> Self {
        Self {
            len: hasher.len(),
            state: State::Idle(Box::new(hasher)),
        }
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Waits until another piece can be begun with. Who gives up waiting loses nothing.
    pub(super) async fn ready(&mut self) -> Result<(), Lost> {
        if let State::Busy(job) = &mut self.state {
            self.state = job.await.map_or(State::Lost, State::Idle);
        }
        match self.state {
            State::Idle(_) | State::Busy(_) => Ok(()),
            State::Lost => Err(Lost),
        }
    }

    /// Begins with the next piece, once it is ready.
    pub(super) fn begin(&mut self, bytes: &Bytes) {
        // Not being ready is told by `ready` and `digest`, too.
        let State::Idle(mut hasher) = mem::replace(&mut self.state, State::Lost) else {
            return;
        };
        self.len += bytes.len() as u64;
        self.state = if hasher.is_quick() || bytes.len() <= SMALL {
            hasher.update(bytes);
            State::Idle(hasher)
        } else {
            let bytes = bytes.clone();
            State::Busy(tokio::task::spawn_blocking(move || {
                hasher.update(&bytes);
                hasher
            }))
        };
    }

    /// The digest of all that came so far.
    pub(super) async fn digest(&mut self) -> Result<Digest, Lost> {
        self.ready().await?;
        match &self.state {
            State::Idle(hasher) => Ok(hasher.as_ref().clone().finish()),
            State::Busy(_) | State::Lost => Err(Lost),
        }
    }
}

/// Bytes that are hashed faster than a thread is woken up.
const SMALL: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use wharf_spec::Algorithm;

    use super::*;

    #[tokio::test]
    async fn work_that_was_lost_is_no_digest() {
        let hasher = StreamHasher::new(Algorithm::Sha512);
        let mut verifier = Verifier::new(hasher);
        assert!(verifier.digest().await.is_ok());
        verifier.state = State::Busy(tokio::spawn(async { panic!("of the test") }));
        assert!(verifier.ready().await.is_err());
        verifier.begin(&Bytes::from_static(b"more"));
        assert!(verifier.ready().await.is_err());
        assert!(verifier.digest().await.is_err());
    }

    #[tokio::test]
    async fn a_piece_that_is_not_waited_for_is_no_digest() {
        let pieces = Bytes::from(vec![1; SMALL + 1]);
        let mut verifier = Verifier::new(StreamHasher::new(Algorithm::Sha512));
        verifier.begin(&pieces);
        verifier.begin(&pieces);
        assert!(verifier.digest().await.is_err());
    }
}
