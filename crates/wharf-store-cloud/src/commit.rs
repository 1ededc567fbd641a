//! Changes that are made in an order, and that no sweep takes away under their hands.
//!
//! Something is secure when the clock, read after it was made, tells of no question for the time
//! and of no sweep of just that since it was begun. Otherwise it may have been taken away: it is
//! looked for, or touched, again.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use wharf_store::{Change, Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::busy;

/// Something that has to be there when whoever is waiting is told so.
pub(crate) struct Pending {
    path: StorePath,
    /// When it was begun to be written, touched or looked for.
    begun: Instant,
    how: How,
}

/// What is done about it if it may have been taken away.
enum How {
    /// It is put again.
    Put(Bytes),
    /// It is touched again.
    Touched,
    /// It is looked for: there is another to be had from where it came.
    Copied,
}

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        self.know_clock().await?;
        let mut pending: Vec<Pending> = Vec::new();
        for step in steps {
            let is_touching = |change: &Change| matches!(change, Change::Touch { .. });
            // What is touched is relied on by what can be seen after it.
            let relies = pending.iter().any(|it| matches!(it.how, How::Touched));
            if relies && !step.iter().all(is_touching) {
                self.secure_all(&mut pending).await?;
                pending.clear();
            }
            let made: Vec<_> = stream::iter(step)
                .map(|change| self.make(change))
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            pending.extend(made.into_iter().flatten());
        }
        self.secure_all(&mut pending).await
    }

    /// So that what this process writes next is known to be younger than any question for the
    /// time.
    pub(crate) async fn know_clock(&self) -> Result<()> {
        if self.seen.is_new() {
            self.clock().await?;
        }
        Ok(())
    }

    async fn make(&self, change: Change) -> Result<Option<Pending>> {
        match change {
            Change::Put { path, content } => {
                let begun = self.put_lazily(&path, content.clone()).await?;
                let how = How::Put(content);
                Ok(Some(Pending { path, begun, how }))
            }
            Change::Publish { from, to } => self.publish(&from, &to).await.map(|()| None),
            Change::Remove { path } => match self.remove(&path).await {
                Err(StoreError::NotFound(_)) => Ok(None),
                removed => removed.map(|()| None),
            },
            Change::Touch { path } => {
                // If nobody has asked for the time since, no sweep has begun. That is found out
                // in the end.
                let young = self.own.get(&path).filter(|it| it.elapsed() < YOUNG);
                let begun = match young {
                    Some(begun) => begun,
                    None => self.touch_lazily(&path).await?,
                };
                let how = How::Touched;
                Ok(Some(Pending { path, begun, how }))
            }
        }
    }

    /// Returns when no sweep can have taken away what was written and touched.
    async fn secure_all(&self, pending: &mut [Pending]) -> Result<()> {
        let Some(first) = pending.first().map(|it| it.path.clone()) else {
            return Ok(());
        };
        for _ in 0..ATTEMPTS {
            let clock = self.clock().await?;
            if let Some(sweep) = clock.sweep()
                && pending.iter().any(|it| sweep.has(&it.path))
            {
                self.swept(sweep).await?;
                let swept = pending.iter_mut().filter(|it| sweep.has(&it.path));
                self.make_all_sure(swept.collect()).await?;
                continue;
            }
            let unsure = pending
                .iter_mut()
                .filter(|it| self.seen.may_have_gone(&it.path, it.begun));
            let unsure: Vec<_> = unsure.collect();
            if unsure.is_empty() {
                return Ok(());
            }
            self.make_all_sure(unsure).await?;
        }
        Err(busy("put", &first, "others remove things all the time"))
    }

    async fn make_all_sure(&self, pending: Vec<&mut Pending>) -> Result<()> {
        let each = pending.into_iter().map(|it| self.make_sure(it).boxed());
        let each: Vec<BoxFuture<'_, _>> = each.collect();
        let each = stream::iter(each).buffer_unordered(AT_ONCE);
        each.try_collect().await
    }

    /// Does again what is needed for it to be there.
    async fn make_sure(&self, it: &mut Pending) -> Result<()> {
        it.begun = match &it.how {
            How::Put(content) => self.put_if_missing(&it.path, content.clone()).await?,
            How::Touched => self.touch_lazily(&it.path).await?,
            How::Copied => {
                let begun = Instant::now();
                self.look(&it.path).await?;
                begun
            }
        };
        Ok(())
    }

    /// What another may have replaced meanwhile is not put in its place again.
    async fn put_if_missing(&self, path: &StorePath, content: Bytes) -> Result<Instant> {
        let begun = Instant::now();
        match self.look(path).await {
            Ok(_) => Ok(begun),
            Err(StoreError::NotFound(_)) => self.put_lazily(path, content).await,
            Err(error) => Err(error),
        }
    }

    /// The same for one object that was put.
    pub(crate) async fn secure(
        &self,
        path: &StorePath,
        content: Bytes,
        begun: Instant,
    ) -> Result<()> {
        let path = path.clone();
        let how = How::Put(content);
        self.secure_all(&mut [Pending { path, begun, how }]).await
    }

    /// Whether what was copied then is there, and no sweep can have taken it away.
    pub(crate) async fn has_arrived(&self, path: &StorePath, begun: Instant) -> Result<bool> {
        let path = path.clone();
        let how = How::Copied;
        match self.secure_all(&mut [Pending { path, begun, how }]).await {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Requests of one step that are under way at once.
const AT_ONCE: usize = 16;
/// Something need not be touched again before it is that old (`Store::touch`).
const YOUNG: Duration = Duration::from_secs(50);
/// How often somebody may have asked for the time meanwhile.
const ATTEMPTS: usize = 100;
