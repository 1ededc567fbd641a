//! Moving an object within the bucket: the provider copies it, and no byte passes through here.

use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use wharf_store::{Change, Result, StoreError, StorePath};

use crate::again::again;
use crate::backend::{Bucket, Copying, PartCopies};
use crate::error::{could_not, failed};
use crate::{touches, unfinished};

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.know_clock().await?;
        let mut found = self.look(from).await?;
        let is_unfinished = unfinished::is(&found.attributes);
        if from == to {
            if is_unfinished {
                self.finish(from).await?;
            }
            return self.touch_it(to).await;
        }
        let mut place = from.clone();
        if is_unfinished {
            place = self.complete(from).await?;
            found = self.look(&place).await?;
        }
        self.secure_copy(&place, to, found.meta.size).await?;
        let mut keys = vec![self.key(from)];
        if place != *from {
            keys.push(self.key(&place));
            keys.extend(self.note_of(&place));
        }
        self.delete(from, keys).await
    }

    /// Copies it until no sweep has taken the copy away, and it is known to be whole: what is
    /// answered before the copying has begun may not be the outcome.
    async fn secure_copy(&self, from: &StorePath, to: &StorePath, size: u64) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let begun = self.copy(from, to, size).await?;
            let arrived = match self.look(to).await {
                Ok(found) => found.meta.size == size,
                Err(StoreError::NotFound(_)) => false,
                Err(error) => return Err(error),
            };
            if arrived && self.has_arrived(to, begun).await? {
                return Ok(());
            }
        }
        let other = std::io::Error::other("what the provider has copied is not there");
        Err(StoreError::from_io("publish to", to, other))
    }

    async fn touch_it(&self, path: &StorePath) -> Result<()> {
        let touch = Change::Touch { path: path.clone() };
        Box::pin(self.commit(vec![vec![touch]])).await
    }

    /// The answer is when it was begun.
    pub(crate) async fn copy(
        &self,
        from: &StorePath,
        to: &StorePath,
        size: u64,
    ) -> Result<Instant> {
        let begun = Instant::now();
        let (source, key) = (self.key(from), self.key(to));
        let copied = match &self.backend.copying {
            Copying::InParts(copies) if size > copies.threshold() => {
                self.copy_in_parts(copies.as_ref(), from, to, size).await?;
                // Amazon's time of such an object is when it was begun.
                self.put_lazily(&touches::mark(to), Bytes::new()).await?;
                Ok(())
            }
            Copying::InParts(_) | Copying::AtOnce => {
                again(|| self.backend.objects.copy(&source, &key)).await
            }
            Copying::ByItself(copies) => again(|| copies.copy(&source, &key)).await,
        };
        copied.map_err(|error| failed("publish", from, error))?;
        self.own.insert(to.clone(), begun);
        Ok(begun)
    }

    async fn copy_in_parts(
        &self,
        copies: &dyn PartCopies,
        from: &StorePath,
        to: &StorePath,
        size: u64,
    ) -> Result<()> {
        let (from, key) = (self.key(from), self.key(to));
        let upload = self.begin_parts(to).await?;
        let id = &upload.id;
        let part = copies.part().max(size.div_ceil(MOST_PARTS));
        let ranges = (0..size.div_ceil(part)).map(|number| {
            let start = number * part;
            (number, start..(start + part).min(size))
        });
        let copied = stream::iter(ranges)
            .map(|(number, range)| copies.copy_part(&from, &key, id, number, range))
            .buffered(copies.at_once());
        let completed = async {
            let parts = copied.try_collect().await?;
            self.backend.parts.complete_multipart(&key, id, parts).await
        };
        match completed.await {
            Ok(_) => {
                self.forget_parts(&upload).await;
                Ok(())
            }
            Err(error) => {
                // What is left of it costs its owner money.
                if let Err(error) = self.abort_parts(to, &upload).await {
                    tracing::warn!(%error, %to, "the parts of a failed copy stay for now");
                }
                Err(could_not("publish to", to, error))
            }
        }
    }
}

/// How often it is copied.
const ATTEMPTS: usize = 10;
/// Parts that a provider takes at most.
const MOST_PARTS: u64 = 10_000;
