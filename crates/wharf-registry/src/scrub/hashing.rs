//! The digest of stored bytes, read at the pace of the scrub.

use std::io;

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_spec::Digest;
use wharf_store::{Payload, StoreError, StorePath};

use super::round::{Round, told};
use crate::Error;

/// What the bytes at a path are, where those of a digest should be.
pub(super) enum Hashed {
    Right,
    /// They have this digest.
    Wrong(Digest),
    Gone,
    /// Why they cannot be read.
    Unreadable(String),
}

// === impl Round ===

impl Round<'_> {
    pub(super) async fn hash(&mut self, path: &StorePath, digest: Digest) -> Hashed {
        let payload = match self.store().open(path).await {
            Ok(payload) => payload,
            Err(StoreError::NotFound(_)) => return Hashed::Gone,
            Err(error) => return Hashed::Unreadable(told(&Error::from(error))),
        };
        match self.hash_payload(payload, digest, path).await {
            Ok(computed) if computed == digest => Hashed::Right,
            Ok(computed) => Hashed::Wrong(computed),
            Err(error) => Hashed::Unreadable(error.to_string()),
        }
    }

    async fn hash_payload(
        &mut self,
        mut payload: Payload,
        digest: Digest,
        path: &StorePath,
    ) -> io::Result<Digest> {
        let mut hasher = StreamHasher::new(digest.algorithm());
        let piece = self.pace.piece();
        while !payload.is_empty() {
            let before = hasher.len();
            let came = match &mut payload {
                Payload::Remote(span) => span.next().await.transpose()?.unwrap_or_default(),
                Payload::Bytes(_) | Payload::File(_) => Bytes::new(),
            };
            // One job per piece: a scrub that is stopped stops, and the pool stays shared.
            let job = tokio::task::spawn_blocking(move || {
                hasher.update(&came);
                let rest = update(&mut hasher, payload, piece)?;
                Ok::<_, io::Error>((rest, hasher))
            });
            (payload, hasher) = job.await.map_err(io::Error::other)??;
            let read = hasher.len() - before;
            self.scrubbed().bytes += read;
            self.pace.spend(read).await;
            self.went_on(|| path.to_string()).await;
        }
        Ok(hasher.finish())
    }
}

/// Hashes up to so many bytes of what is here, and answers with the rest.
fn update(hasher: &mut StreamHasher, payload: Payload, most: usize) -> io::Result<Payload> {
    match payload {
        Payload::Bytes(mut bytes) => {
            hasher.update(&bytes.split_to(most.min(bytes.len())));
            Ok(Payload::Bytes(bytes))
        }
        Payload::File(mut span) => {
            let mut left = most;
            while left > 0 && !span.is_empty() {
                // As large as the buffers that are used again.
                let read = span.read_front(left.min(BUFFER))?;
                left -= read.len();
                hasher.update(&read);
            }
            Ok(Payload::File(span))
        }
        Payload::Remote(span) => Ok(Payload::Remote(span)),
    }
}

const BUFFER: usize = 256 << 10;
