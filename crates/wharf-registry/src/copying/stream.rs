//! The bytes of a blob of the source, hashed on their way.

use std::io;

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};
use wharf_store::Payload;

/// What is left of a payload, and the hash of what has come of it.
pub(super) struct Stream {
    whole: Payload,
    rest: Payload,
    // `None` while a batch is hashed, and after that failed.
    hasher: Option<StreamHasher>,
    hashed: u64,
}

// === impl Stream ===

impl Stream {
    pub(super) fn new(payload: Payload, algorithm: Algorithm) -> Self {
        Self {
            whole: payload.clone(),
            rest: payload,
            hasher: Some(StreamHasher::new(algorithm)),
            hashed: 0,
        }
    }

    /// The next bytes, in frames; nothing at the end.
    ///
    /// # Errors
    /// The source's, where it breaks off again and again at the same place.
    pub(super) async fn next(&mut self) -> io::Result<Vec<Bytes>> {
        let mut frames = Vec::new();
        if let Payload::Remote(_) = self.rest {
            frames = self.frames().await?;
        }
        let mut hasher = self.hasher.take().ok_or_else(broken)?;
        let rest = std::mem::replace(&mut self.rest, Payload::Bytes(Bytes::new()));
        // Neither the disk nor the processor is waited for on an async worker.
        let job = tokio::task::spawn_blocking(move || {
            let rest = read(rest, &mut frames)?;
            frames.iter().for_each(|frame| hasher.update(frame));
            Ok::<_, io::Error>((frames, rest, hasher))
        });
        let (frames, rest, hasher) = job.await.map_err(io::Error::other)??;
        self.hashed = hasher.len();
        self.rest = rest;
        self.hasher = Some(hasher);
        Ok(frames)
    }

    /// The digest of all that has come.
    ///
    /// # Errors
    /// After one of [`Self::next`].
    pub(super) fn digest(self) -> io::Result<Digest> {
        Ok(self.hasher.ok_or_else(broken)?.finish())
    }

    /// Bytes of another machine. Where a connection breaks, another one goes on from there.
    async fn frames(&mut self) -> io::Result<Vec<Bytes>> {
        let mut frames = Vec::new();
        let mut size = 0;
        let mut failures = 0;
        while size < BATCH {
            let Payload::Remote(span) = &mut self.rest else {
                break;
            };
            match span.next().await {
                None => break,
                Some(Ok(frame)) => {
                    failures = 0;
                    size += frame.len();
                    frames.push(frame);
                }
                Some(Err(error)) => {
                    failures += 1;
                    if failures == ATTEMPTS {
                        return Err(error);
                    }
                    let from = self.hashed + size as u64;
                    self.rest = self.whole.slice(from..u64::MAX);
                }
            }
        }
        Ok(frames)
    }
}

/// Bytes of this machine; what is left of them.
fn read(rest: Payload, frames: &mut Vec<Bytes>) -> io::Result<Payload> {
    match rest {
        Payload::Bytes(mut bytes) => {
            let frame = bytes.split_to(BATCH.min(bytes.len()));
            if !frame.is_empty() {
                frames.push(frame);
            }
            Ok(Payload::Bytes(bytes))
        }
        Payload::File(mut span) => {
            let mut left = BATCH;
            while left > 0 && !span.is_empty() {
                let frame = span.read_front(left.min(BUFFER))?;
                left -= frame.len();
                frames.push(frame);
            }
            Ok(Payload::File(span))
        }
        Payload::Remote(span) => Ok(Payload::Remote(span)),
    }
}

fn broken() -> io::Error {
    io::Error::other("an earlier read failed")
}

/// Bytes that travel together: two such batches are in memory for each blob that is under way.
const BATCH: usize = 1 << 20;
/// As large as the buffers that are used again.
const BUFFER: usize = 256 << 10;
/// How often a connection may break without a byte.
const ATTEMPTS: u32 = 5;

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    use wharf_store::{RemoteBytes, RemoteObject, RemoteSpan};

    use super::*;

    /// Sends some bytes of what is asked for, then breaks.
    struct Shaky {
        content: Bytes,
        sends: usize,
        asked: Arc<AtomicUsize>,
    }

    struct Frames(Vec<io::Result<Bytes>>);

    impl futures_util::Stream for Frames {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop())
        }
    }

    impl RemoteObject for Shaky {
        fn bytes(&self, range: Range<u64>) -> RemoteBytes {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let content = self.content.slice(range.start as usize..range.end as usize);
            let sent = content.slice(..self.sends.min(content.len()));
            let broken = Err(io::ErrorKind::ConnectionReset.into());
            let mut frames = vec![broken];
            if !sent.is_empty() {
                frames.push(Ok(sent));
            }
            Box::pin(Frames(frames))
        }
    }

    async fn all(sends: usize) -> (io::Result<Digest>, usize) {
        let content = Bytes::from(vec![7; 3_000_000]);
        let asked = Arc::new(AtomicUsize::new(0));
        let object = Shaky {
            content: content.clone(),
            sends,
            asked: Arc::clone(&asked),
        };
        let span = RemoteSpan::new(Arc::new(object), content.len() as u64);
        let mut stream = Stream::new(Payload::Remote(span), Algorithm::Sha256);
        let mut came = Vec::new();
        let read = async {
            loop {
                let frames = stream.next().await?;
                if frames.is_empty() {
                    return stream.digest();
                }
                came.extend(frames);
            }
        };
        let digest = read.await;
        if let Ok(digest) = &digest {
            assert_eq!(came.concat(), content);
            assert_eq!(*digest, wharf_hash::digest(Algorithm::Sha256, &content));
        }
        (digest, asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_connection_that_breaks_is_followed_by_another_one() {
        let (digest, asked) = all(700_000).await;
        assert!(digest.is_ok(), "{digest:?}");
        assert_eq!(asked, 5);
    }

    #[tokio::test]
    async fn one_that_brings_nothing_is_given_up() {
        let (digest, asked) = all(0).await;
        assert!(digest.is_err(), "{digest:?}");
        assert_eq!(asked, 5);
    }
}
