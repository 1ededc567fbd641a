//! Appending: bytes are gathered to parts, several of which are under way at once.
//!
//! What was written is in the bucket after a sync, not before. The later a part, the larger it
//! is, so that the provider's ten thousand are enough for the largest object it takes.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::multipart::PartId;
use object_store::{GetOptions, PutPayload, UpdateVersion};
use tokio::task::JoinHandle;
use wharf_store::{Appender, Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::{could_not, failed};
use crate::parts::InParts;
use crate::unfinished::{self, Unfinished};

/// An object that is being appended to.
pub(crate) struct CloudAppender {
    bucket: Arc<Bucket>,
    path: StorePath,
    len: u64,
    /// Whether the bucket has all of it.
    is_synced: bool,
    /// What the bucket has of it; nothing if there is no such object.
    version: Option<UpdateVersion>,
    /// The upload in parts, once there is one.
    upload: Option<InParts>,
    /// When it was last written down that somebody goes on with it.
    noted: Instant,
    /// Whether it is named in the bucket, where others find it.
    is_known: bool,
    parts: Vec<(String, u64)>,
    sending: VecDeque<Sending>,
    /// A part is missing.
    is_broken: bool,
    rest: Vec<Bytes>,
    rest_len: u64,
}

/// A part on its way.
struct Sending {
    size: u64,
    sent: JoinHandle<object_store::Result<PartId>>,
}

// === impl Bucket ===

impl Bucket {
    /// Of an object that is not there.
    pub(crate) fn new_appender(self: &Arc<Self>, path: &StorePath) -> CloudAppender {
        CloudAppender {
            bucket: Arc::clone(self),
            path: path.clone(),
            len: 0,
            is_synced: false,
            version: None,
            upload: None,
            noted: Instant::now(),
            is_known: false,
            parts: Vec::new(),
            sending: VecDeque::new(),
            is_broken: false,
            rest: Vec::new(),
            rest_len: 0,
        }
    }

    /// Goes on where the object ends; at the beginning if there is none.
    pub(crate) async fn appender(self: &Arc<Self>, path: &StorePath) -> Result<CloudAppender> {
        let mut appender = self.new_appender(path);
        let found = match self.get(path, GetOptions::new()).await {
            Ok(found) => found,
            Err(StoreError::NotFound(_)) => return Ok(appender),
            Err(error) => return Err(error),
        };
        appender.is_synced = true;
        appender.version = Some(UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        });
        if unfinished::is(&found.attributes) {
            let unfinished = self.unfinished(path, found).await?;
            appender.len = unfinished.len();
            appender.rest_len = unfinished.rest.len() as u64;
            appender.rest = vec![unfinished.rest];
            appender.parts = unfinished.parts;
            appender.upload = Some(unfinished.upload);
            appender.is_known = true;
            return Ok(appender);
        }
        // A large one was complete already, which is rare: it is sent again.
        let mut bytes = found.into_stream();
        while let Some(frame) = bytes.next().await {
            let frame = frame.map_err(|error| failed("read", path, error))?;
            appender.write(&[frame]).await?;
        }
        appender.is_synced = appender.upload.is_none();
        Ok(appender)
    }

    /// Bytes of the part with that number, counted from 0.
    fn part_size(&self, number: usize) -> u64 {
        part_size(self.part, number)
    }
}

// === impl CloudAppender ===

impl CloudAppender {
    /// Sends the parts that are full.
    async fn send_full(&mut self) -> Result<()> {
        loop {
            let size = self.bucket.part_size(self.parts.len() + self.sending.len());
            if self.rest_len < size {
                return Ok(());
            }
            // First, so that whoever gives this up has lost nothing.
            let upload = self.upload().await?;
            if self.noted.elapsed() > NOTED {
                self.bucket.note_parts(&self.path, &upload).await?;
                self.noted = Instant::now();
            }
            let part = self.take(size);
            let bucket = Arc::clone(&self.bucket);
            let key = bucket.key_in_parts(&self.path, &upload);
            let number = self.parts.len() + self.sending.len();
            let payload = part.into_iter().collect::<PutPayload>();
            let sent = async move {
                let parts = &bucket.backend.parts;
                parts.put_part(&key, &upload.id, number, payload).await
            };
            self.sending.push_back(Sending {
                size,
                sent: tokio::spawn(sent),
            });
            self.arrived(MOST_SENDING).await?;
        }
    }

    async fn upload(&mut self) -> Result<InParts> {
        if let Some(upload) = &self.upload {
            return Ok(upload.clone());
        }
        let upload = self.bucket.begin_parts(&self.path).await?;
        self.upload = Some(upload.clone());
        Ok(upload)
    }

    /// Takes so many bytes off the front of the rest, of which there are as many.
    fn take(&mut self, size: u64) -> Vec<Bytes> {
        let mut left = size;
        let mut part = Vec::new();
        let mut frames = mem::take(&mut self.rest).into_iter();
        for mut frame in frames.by_ref() {
            let fits = usize::try_from(left).unwrap_or(usize::MAX).min(frame.len());
            let front = frame.split_to(fits);
            left -= front.len() as u64;
            part.push(front);
            if left == 0 {
                self.rest.push(frame);
                break;
            }
        }
        self.rest.extend(frames);
        self.rest.retain(|frame| !frame.is_empty());
        self.rest_len -= size;
        part
    }

    fn must_be_whole(&self) -> Result<()> {
        if self.is_broken {
            let earlier = std::io::Error::other("an earlier part could not be sent");
            return Err(StoreError::from_io("append to", &self.path, earlier));
        }
        Ok(())
    }

    /// Waits until at most so many bytes are on their way.
    async fn arrived(&mut self, most: u64) -> Result<()> {
        loop {
            let sending: u64 = self.sending.iter().map(|part| part.size).sum();
            // One is always allowed to be.
            let enough = sending <= most || (most > 0 && self.sending.len() <= 1);
            let Some(first) = self.sending.front_mut().filter(|_| !enough) else {
                return Ok(());
            };
            let (sent, size) = ((&mut first.sent).await, first.size);
            self.sending.pop_front();
            self.is_broken |= !matches!(sent, Ok(Ok(_)));
            let sent = sent
                .map_err(object_store::Error::from)
                .and_then(|sent| sent);
            let part = sent.map_err(|error| could_not("append to", &self.path, error))?;
            self.parts.push((part.content_id, size));
        }
    }
}

#[async_trait]
impl Appender for CloudAppender {
    fn len(&self) -> u64 {
        self.len
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        self.must_be_whole()?;
        let size: u64 = frames.iter().map(|frame| frame.len() as u64).sum();
        self.rest.extend_from_slice(frames);
        self.rest_len += size;
        self.len += size;
        self.is_synced &= size == 0;
        self.send_full().await
    }

    async fn sync(&mut self) -> Result<()> {
        if self.is_synced {
            return Ok(());
        }
        self.must_be_whole()?;
        self.arrived(0).await?;
        // Copied at most once for each sync: the provider takes no frames.
        let rest = Bytes::from(self.rest.concat());
        self.rest = vec![rest.clone()];
        let version = match &self.upload {
            None => {
                let attributes = self.bucket.backend.attributes.clone();
                let expected = self.version.as_ref();
                self.bucket
                    .replace(&self.path, rest, attributes, expected)
                    .await?
            }
            Some(upload) => {
                let unfinished = Unfinished {
                    upload: upload.clone(),
                    parts: self.parts.clone(),
                    rest,
                };
                let expected = self.version.as_ref();
                self.bucket
                    .keep_unfinished(&self.path, &unfinished, expected)
                    .await?
            }
        };
        self.version = Some(version);
        self.is_known = self.upload.is_some();
        self.is_synced = true;
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        self.sync().await
    }

    fn outlives_failures(&self) -> bool {
        true
    }

    fn content(&self) -> Option<Bytes> {
        match &*self.rest {
            _ if self.upload.is_some() => None,
            [one] => Some(one.clone()),
            frames => Some(Bytes::from(frames.concat())),
        }
    }
}

/// Bytes of the part with that number, where the first has so many.
fn part_size(first: u64, number: usize) -> u64 {
    first
        .saturating_mul(1 << (number / PER_SIZE).min(MOST_DOUBLINGS))
        .min(LARGEST_PART)
}

impl Drop for CloudAppender {
    fn drop(&mut self) {
        self.sending.clear();
        // Nobody would find these parts, and their owner would pay for them.
        if let (Some(upload), false, Ok(runtime)) = (
            self.upload.take(),
            self.is_known,
            tokio::runtime::Handle::try_current(),
        ) {
            let (bucket, path) = (Arc::clone(&self.bucket), self.path.clone());
            runtime.spawn(async move {
                if let Err(error) = bucket.abort_parts(&path, &upload).await {
                    tracing::warn!(%error, %path, "the parts of an upload stay in the bucket");
                }
            });
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // Another appender may be about to send this part.
        self.sent.abort();
    }
}

/// Before that is taken for left over ([`left_overs`](crate::left_overs)).
const NOTED: Duration = Duration::from_secs(3600);
/// Parts of one size, before they are twice as large.
const PER_SIZE: usize = 900;
const MOST_DOUBLINGS: usize = 10;
/// Azure takes no larger ones (`Put Block`), S3 and Google some that are.
const LARGEST_PART: u64 = 4000 << 20;
/// Bytes of one upload that are under way at once.
const MOST_SENDING: u64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough_for_the_largest_object() {
        // Of S3 and Google Cloud Storage; Azure's are larger, and may have more parts.
        for first in [5 << 20, 10 << 20, 64 << 20] {
            let sizes = (0..10_000).map(|number| part_size(first, number));
            assert!(sizes.clone().is_sorted());
            assert!(sizes.clone().all(|size| size <= LARGEST_PART));
            assert!(sizes.sum::<u64>() >= 5 << 40, "{first}");
        }
    }
}
