//! One blob: looked for in the target, and copied if it is not there.

use std::io;

use bytes::Bytes;
use wharf_spec::Digest;
use wharf_store::{Change, Payload, Result, StoreError, StorePath};

use super::events::{CopyProblem, ProblemKind};
use super::pass::{Have, Pass};
use super::stream::Stream;
use super::{Copied, Verify};
use crate::key::Key;

/// What came of trying to copy a blob.
enum Sent {
    /// It is in the target, with so many bytes.
    Whole(u64),
    /// It is not in the source.
    Absent,
    /// It was told why not.
    Lost,
}

/// What the target has of a blob.
#[derive(Clone, Copy)]
enum There {
    Right,
    Nothing,
    /// It is of the right size, but that is all.
    Damaged,
}

// === impl Pass ===

impl Pass<'_> {
    /// Copies a blob that the source lists.
    pub(super) async fn copy_listed(&self, digest: Digest) -> Result<()> {
        // A collection leaves directories behind, and a push begins with one.
        self.copy(digest).await.map(|_| ())
    }

    /// Sees to it that the target has what a link leads to; nothing if the link has gone.
    pub(super) async fn ensure(&self, digest: Digest, link: &StorePath) -> Result<Option<Have>> {
        if let Some(have) = self.have(digest) {
            return Ok(Some(have));
        }
        let first = digest.bytes().first().copied().unwrap_or_default();
        let turn = self.turns.get(usize::from(first));
        let _turn = match turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        if let Some(have) = self.have(digest) {
            return Ok(Some(have));
        }
        if let Some(have) = self.copy(digest).await? {
            return Ok(Some(have));
        }
        // Whoever deletes takes the link first.
        match self.source.size(link).await {
            Err(StoreError::NotFound(_)) => Ok(None),
            Ok(_) | Err(_) => {
                let detail = format!("it leads to {digest}, whose bytes are not there");
                let problem = CopyProblem::new(ProblemKind::DanglingLink, link.as_str(), detail);
                self.problem(&problem.about(digest));
                Ok(Some(self.note(digest, Have::Lost)))
            }
        }
    }

    /// Copies a blob unless it is there; nothing if neither has it.
    async fn copy(&self, digest: Digest) -> Result<Option<Have>> {
        let data = Key::BlobData(digest).path();
        let size = match self.source.size(&data).await {
            Ok(size) => Some(size),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => {
                self.unreadable(&data, &error);
                return Ok(Some(self.note(digest, Have::Lost)));
            }
        };
        let there = self.there(digest, size).await?;
        let size = match (there, size) {
            (There::Right, _) => {
                self.count(|copied| copied.present += 1);
                return Ok(Some(self.note(digest, Have::Whole)));
            }
            (There::Nothing | There::Damaged, None) => return Ok(None),
            (There::Nothing | There::Damaged, Some(size)) => size,
        };
        match self.send(digest, size).await? {
            Sent::Whole(bytes) => {
                let repaired = match there {
                    There::Damaged => 1,
                    There::Right | There::Nothing => 0,
                };
                self.count(|copied: &mut Copied| {
                    copied.blobs += 1;
                    copied.bytes += bytes;
                    copied.repaired += repaired;
                });
                Ok(Some(self.note(digest, Have::Whole)))
            }
            Sent::Absent => Ok(None),
            Sent::Lost => Ok(Some(self.note(digest, Have::Lost))),
        }
    }

    async fn there(&self, digest: Digest, wanted: Option<u64>) -> Result<There> {
        let data = Key::BlobData(digest).path();
        let size = match self.target.size(&data).await {
            Ok(size) => size,
            Err(StoreError::NotFound(_)) => return Ok(There::Nothing),
            Err(error) => return Err(error),
        };
        match self.copying.verify {
            Verify::Size if wanted.is_none_or(|wanted| wanted == size) => Ok(There::Right),
            Verify::Size => Ok(There::Damaged),
            Verify::Digest => {
                let _permit = self.transfers.acquire().await;
                match self.target.open(&data).await {
                    Ok(payload) => {
                        let computed = self.hash(payload, digest).await;
                        // What cannot be read is written anew.
                        let is_right = computed.is_ok_and(|computed| computed == digest);
                        Ok(if is_right {
                            There::Right
                        } else {
                            There::Damaged
                        })
                    }
                    Err(StoreError::NotFound(_)) => Ok(There::Nothing),
                    Err(error) => Err(error),
                }
            }
        }
    }

    async fn hash(&self, payload: Payload, digest: Digest) -> io::Result<Digest> {
        let mut stream = Stream::new(payload, digest.algorithm());
        while !stream.next().await?.is_empty() {
            self.went_on();
        }
        stream.digest()
    }

    async fn send(&self, digest: Digest, size: u64) -> Result<Sent> {
        let _permit = self.transfers.acquire().await;
        let data = Key::BlobData(digest).path();
        let opened = if size <= SMALL {
            let read = self.source.read(&data, SMALL).await;
            read.map(Payload::Bytes)
        } else {
            self.source.open(&data).await
        };
        let payload = match opened {
            Ok(payload) => payload,
            Err(StoreError::NotFound(_)) => return Ok(Sent::Absent),
            Err(error) => {
                self.unreadable(&data, &error);
                return Ok(Sent::Lost);
            }
        };
        match payload {
            Payload::Bytes(bytes) if bytes.len() as u64 <= SMALL => {
                self.send_small(digest, bytes).await
            }
            Payload::Bytes(_) | Payload::File(_) | Payload::Remote(_) => {
                self.send_large(digest, payload).await
            }
        }
    }

    async fn send_small(&self, digest: Digest, bytes: Bytes) -> Result<Sent> {
        self.spend(bytes.len() as u64).await;
        let computed = wharf_hash::digest(digest.algorithm(), &bytes);
        if computed != digest {
            return Ok(self.corrupt(digest, computed));
        }
        let size = bytes.len() as u64;
        let change = Change::Put {
            path: Key::BlobData(digest).path(),
            content: bytes,
        };
        self.target.commit(vec![vec![change]]).await?;
        Ok(Sent::Whole(size))
    }

    /// Not under its name before all of it is there and right.
    async fn send_large(&self, digest: Digest, payload: Payload) -> Result<Sent> {
        let data = Key::BlobData(digest).path();
        let staged = self.staged();
        let received = self.receive(&staged, Stream::new(payload, digest.algorithm()));
        let lost = match received.await? {
            Ok((computed, size)) if computed == digest => {
                self.target.publish(&staged, &data).await?;
                return Ok(Sent::Whole(size));
            }
            Ok((computed, _)) => self.corrupt(digest, computed),
            Err(error) => {
                self.unreadable(&data, &StoreError::from_io("read", &data, error));
                Sent::Lost
            }
        };
        self.target.discard(&staged).await?;
        Ok(lost)
    }

    /// Writes what comes, while the next is read. The digest and the size, or why the source
    /// gave no more.
    async fn receive(
        &self,
        staged: &StorePath,
        mut stream: Stream,
    ) -> Result<io::Result<(Digest, u64)>> {
        let mut appender = self.target.appender(staged).await?;
        let mut batch = match stream.next().await {
            Ok(batch) => batch,
            Err(error) => return Ok(Err(error)),
        };
        while !batch.is_empty() {
            let size: usize = batch.iter().map(Bytes::len).sum();
            self.spend(size as u64).await;
            let (written, next) = tokio::join!(appender.write(&batch), stream.next());
            written?;
            self.went_on();
            batch = match next {
                Ok(next) => next,
                Err(error) => return Ok(Err(error)),
            };
        }
        appender.sync().await?;
        let size = appender.len();
        Ok(stream.digest().map(|digest| (digest, size)))
    }

    async fn spend(&self, bytes: u64) {
        if self.copying.rate > 0 {
            self.pace.lock().await.spend(bytes).await;
        }
    }

    fn corrupt(&self, digest: Digest, computed: Digest) -> Sent {
        let path = Key::BlobData(digest).path();
        let detail = format!("its bytes have {computed}");
        let problem = CopyProblem::new(ProblemKind::Corrupt, path.as_str(), detail);
        self.problem(&problem.about(digest));
        Sent::Lost
    }
}

/// Bytes that are written at once.
const SMALL: u64 = 64 << 10;
