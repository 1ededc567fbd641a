//! `Copy Blob`, which may be answered before it is done.

use std::time::Duration;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore as _, ObjectStoreExt as _, Result};
use tokio::time::Instant;

use super::blocks::Blocks;
use crate::backend::WholeCopies;
use crate::client::CopyStatus;

/// Copies objects within a container.
pub(super) struct Copier {
    client: Blocks,
}

// === impl Copier ===

impl Copier {
    pub(super) fn new(client: Blocks) -> Self {
        Self { client }
    }

    /// Returns when nothing is being copied to this key any more.
    async fn settled(&self, key: &Path) -> Result<()> {
        let mut pause = FIRST_PAUSE;
        let mut known = None;
        let mut moved = Instant::now();
        loop {
            let options = GetOptions::new().with_head(true);
            let mut found = match self.client.get_opts(key, options).await {
                Ok(found) => found,
                // Somebody has removed it since.
                Err(Error::NotFound { .. }) => return Ok(()),
                Err(error) => return Err(error),
            };
            match found.extensions.remove::<CopyStatus>() {
                None | Some(CopyStatus::Done) => return Ok(()),
                Some(CopyStatus::Failed(why)) => return Err(failed(&why)),
                Some(CopyStatus::Pending(progress)) => {
                    if progress != known {
                        (known, moved) = (progress, Instant::now());
                    } else if moved.elapsed() > STALLED {
                        return Err(failed("nothing more is copied"));
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }
}

#[async_trait]
impl WholeCopies for Copier {
    async fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        match self.client.copy(from, to).await {
            Ok(()) => self.settled(to).await,
            // Somebody else is copying something there.
            Err(error @ Error::AlreadyExists { .. }) => {
                self.settled(to).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }
}

fn failed(why: &str) -> Error {
    Error::Generic {
        store: "Azure",
        source: format!("Copy Blob: {why}").into(),
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// A copy that has come no further for so long is given up.
const STALLED: Duration = Duration::from_secs(600);
