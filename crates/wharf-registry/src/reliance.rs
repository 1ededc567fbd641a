//! Relying on what is there while others collect what nobody relies on.
//!
//! Whoever refers to something writes the reference first and then touches what it refers to;
//! whoever tells a client that something is there touches it before it says so. A collection
//! leaves alone what was touched since it began, and what was referred to before it began it
//! sees. If a touch finds nothing, nobody has been told anything yet.

use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use wharf_spec::Digest;
use wharf_store::{Change, Removal, StoreError, StorePath};

use crate::key::Key;
use crate::{Error, Repository, Result, link};

/// What became of the wish that the repository holds some data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Holding {
    /// It does.
    Held,
    /// The data has gone.
    Gone,
}

// === impl Repository ===

impl Repository {
    /// A client is told that the link and the data that it leads to are there; false if one of
    /// them has gone meanwhile. Somebody may have just made the link, and not have touched the
    /// data yet.
    pub(crate) async fn is_relied_on(&self, link: &StorePath, target: Digest) -> bool {
        // Hardly any request goes on, and every one would take the memory.
        self.registry.touched.is_recent(link) || Box::pin(self.rely_on(link, target)).await
    }

    async fn rely_on(&self, link: &StorePath, target: Digest) -> bool {
        let before = SystemTime::now();
        let data = Key::BlobData(target).path();
        if !self.is_touched(&data).await || !self.is_touched(link).await {
            return false;
        }
        self.registry.touched.note(link, before);
        true
    }

    async fn is_touched(&self, path: &StorePath) -> bool {
        match self.store().touch(path).await {
            Ok(()) => true,
            Err(StoreError::NotFound(_)) => false,
            // What cannot be changed is not collected either.
            Err(error) => {
                tracing::debug!(%path, %error, "could not be touched");
                true
            }
        }
    }

    /// Lets the repository hold the data, which is there by now, under `digest`.
    ///
    /// # Errors
    /// `Busy` when somebody takes the link away again and again.
    pub(crate) async fn hold_layer(&self, digest: Digest, target: Digest) -> Result<Holding> {
        let link = link::change(Key::LayerLink(&self.name, digest), target);
        for _ in 0..ATTEMPTS {
            let mut steps = vec![vec![link.clone()]];
            steps.extend(self.layer_touches(digest, target));
            match self.store().commit(steps).await {
                Ok(()) => return Ok(Holding::Held),
                Err(StoreError::NotFound(gone)) if gone == Key::BlobData(target).path() => {
                    let moment = self.store().next_moment().await?;
                    if !self.has_settled_data(target).await? {
                        let link = Key::LayerLink(&self.name, digest).path();
                        self.take_back(&link, moment).await?;
                    }
                    return Ok(Holding::Gone);
                }
                // A link that stood there already was removed before it was touched.
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// What a new layer link relies on, and then the link itself, since it may have stood there
    /// before: a collection that leaves the link alone keeps its data, not the other way round.
    pub(crate) fn layer_touches(&self, digest: Digest, target: Digest) -> Vec<Vec<Change>> {
        let data = Key::BlobData(target).path();
        let link = Key::LayerLink(&self.name, digest).path();
        let touches = [data, link].map(|path| vec![Change::Touch { path }]);
        touches.into()
    }

    /// Removes an object, durably, unless somebody has written or touched it since `moment`.
    /// Where the storage does not allow what makes that safe, only the turns of this process
    /// keep it apart from others.
    pub(crate) async fn take_away(&self, path: &StorePath, moment: SystemTime) -> Result<Removal> {
        match self.store().remove_untouched(path, moment).await {
            Ok(Removal::Removed(size)) => {
                self.store().settle_all(path).await?;
                Ok(Removal::Removed(size))
            }
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::Unsupported => {
                match self.store().remove(path).await {
                    Ok(()) => Ok(Removal::Removed(0)),
                    Err(StoreError::NotFound(_)) => Ok(Removal::Absent),
                    Err(error) => Err(error.into()),
                }
            }
            removal => Ok(removal?),
        }
    }

    /// A moment for the next attempt to remove what somebody had just touched.
    pub(crate) async fn moment_after(&self, pause: Duration) -> Result<SystemTime> {
        tokio::time::sleep(pause).await;
        Ok(self.store().next_moment().await?)
    }

    /// Removes a link that turned out, after `moment`, to lead to what is not whole, unless
    /// somebody else relies on it.
    pub(crate) async fn take_back(&self, link: &StorePath, moment: SystemTime) -> Result<()> {
        self.store().remove_untouched(link, moment).await?;
        Ok(self.store().settle_all(link).await?)
    }
}

/// How often a change is made again because something was removed under its hands: what it
/// writes anew is younger than any collection that runs.
pub(crate) const ATTEMPTS: usize = 5;
/// Between attempts to remove for a client what is touched again and again, or was touched
/// before a clock was set back a little.
pub(crate) const PAUSES: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
