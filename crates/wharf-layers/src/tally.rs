//! What flows through is counted and hashed.

use std::io::{self, Read};

use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};

/// A reader whose bytes are hashed on their way.
pub(crate) struct Tally<R> {
    inner: R,
    hasher: StreamHasher,
    /// Errors of the source itself, which a decompressor must not take for its own.
    failure: Option<io::Error>,
}

// === impl Tally ===

impl<R> Tally<R> {
    pub(crate) fn new(inner: R, algorithm: Algorithm) -> Self {
        Self {
            inner,
            hasher: StreamHasher::new(algorithm),
            failure: None,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.hasher.len()
    }

    pub(crate) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    pub(crate) fn inner(&self) -> &R {
        &self.inner
    }

    pub(crate) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

impl<R: Read> Read for Tally<R> {
    /// Fills the buffer unless the source ends: whoever looks at the first bytes has them all.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.inner.read(space) {
                Ok(0) => break,
                Ok(len) => filled += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let told = io::Error::from(error.kind());
                    self.failure = Some(error);
                    return Err(told);
                }
            }
        }
        self.hasher.update(buffer.get(..filled).unwrap_or_default());
        Ok(filled)
    }
}
