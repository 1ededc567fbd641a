//! A blob while it comes.

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use wharf_hash::StreamHasher;
use wharf_spec::Digest;

use super::source::Source;
use super::verifier::{Lost, Verifier};
use super::wanted::Wanted;
use crate::error::ClientError;

/// The bytes of a blob, in order, each once.
///
/// When the connection breaks or nothing comes for a while, the rest is asked for anew. Large
/// blobs are asked for in several pieces at once ([`PieceSettings`](crate::PieceSettings)). The
/// last bytes are given out only when the digest of all is right: who got to the end has the
/// blob.
#[derive(Debug)]
pub struct BlobReader {
    wanted: Wanted,
    stage: Stage,
    source: Source,
    /// Of what the caller had already.
    begun: StreamHasher,
    verifier: Verifier,
    /// What came and is not hashed yet.
    received: Option<Bytes>,
    /// The newest piece: it may be the last.
    held: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// Nothing was given out yet.
    Begun,
    Coming,
    Verified,
    Failed,
}

// === impl BlobReader ===

impl BlobReader {
    /// Goes on where this hash is.
    pub(super) fn new(wanted: Wanted, begun: StreamHasher) -> Self {
        Self {
            stage: Stage::Begun,
            source: Source::new(&wanted, begun.len()),
            wanted,
            verifier: Verifier::new(begun.clone()),
            begun,
            received: None,
            held: None,
        }
    }

    /// How many bytes of the blob came so far, with those that were there before.
    #[must_use]
    pub fn position(&self) -> u64 {
        let received = self.received.as_ref().map_or(0, Bytes::len);
        self.verifier.len() + received as u64
    }

    /// The next piece; `None` after the last, when all was right. Who gives up waiting for it
    /// can ask again.
    ///
    /// # Errors
    /// When the registry does not have it or does not send it, when it has another size, or
    /// another digest. After an error there are only errors.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self.stage {
            Stage::Begun | Stage::Coming => {}
            Stage::Verified => return Ok(None),
            Stage::Failed => return Err(self.unverified()),
        }
        let next = self.next().await;
        self.stage = match next {
            Ok(Some(_)) if self.stage == Stage::Begun => Stage::Coming,
            Ok(_) => self.stage,
            Err(_) => Stage::Failed,
        };
        next
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, ClientError>> + Send {
        stream::try_unfold(self, |mut reader| async move {
            let chunk = reader.chunk().await?;
            Ok(chunk.map(|chunk| (chunk, reader)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            if self.received.is_none() {
                self.received = self.source.chunk().await?;
            }
            let ready = self.verifier.ready().await;
            ready.map_err(|Lost| self.unverified())?;
            if let Some(bytes) = self.received.take() {
                self.verifier.begin(&bytes);
                // The one before this is not the last.
                if let Some(bytes) = self.held.replace(bytes) {
                    return Ok(Some(bytes));
                }
                continue;
            }
            let found = self.verifier.digest().await;
            let found = found.map_err(|Lost| self.unverified())?;
            if found == self.wanted.digest {
                self.stage = Stage::Verified;
                return Ok(self.held.take());
            }
            self.mismatch(found)?;
        }
    }

    /// Who sent something else is not asked again. What a mirror sent and nobody got yet is
    /// forgotten, and all is read from the next server; what was given out cannot be taken
    /// back.
    fn mismatch(&mut self, found: Digest) -> Result<(), ClientError> {
        let mirrors = self.wanted.take_mirrors();
        let names: Vec<_> = mirrors
            .iter()
            .map(|mirror| self.wanted.client.distrust(*mirror))
            .collect();
        if self.stage == Stage::Begun && !names.is_empty() {
            *self = Self::new(self.wanted.clone(), self.begun.clone());
            return Ok(());
        }
        let mut what = self.wanted.what();
        if !names.is_empty() {
            what = format!(
                "{what}, which came from the mirror {},",
                names.join(" and ")
            );
        }
        Err(ClientError::DigestMismatch {
            what,
            expected: self.wanted.digest,
            found,
        })
    }

    fn unverified(&self) -> ClientError {
        ClientError::Unverified {
            what: self.wanted.what(),
        }
    }
}
