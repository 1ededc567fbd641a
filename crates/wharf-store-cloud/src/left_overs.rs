//! What killed processes have left in a bucket: parts of uploads that nobody goes on with, names
//! of holders, probes, and marks of what is not there any more.
//!
//! Providers keep the parts of an upload, for money, until it is completed or aborted, and show
//! them to nobody who does not ask. So that there is one is written down before it has any.

use std::time::SystemTime;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath, Sweep, Swept};

use crate::backend::Bucket;
use crate::error::could_not;
use crate::parts::{self, InParts};
use crate::touches;
use crate::unfinished;

/// An upload in parts that has begun.
#[derive(Deserialize, Serialize)]
struct Begun {
    /// What will be made of it.
    path: String,
    upload: InParts,
}

// === impl Bucket ===

impl Bucket {
    /// Writes down that there will be parts.
    pub(crate) async fn note_parts(&self, path: &StorePath, upload: &InParts) -> Result<()> {
        let begun = Begun {
            path: path.as_str().to_owned(),
            upload: upload.clone(),
        };
        let content = serde_json::to_vec(&begun)
            .map_err(|error| StoreError::from_io("append to", path, error.into()))?;
        let note = note(upload.name());
        self.put_lazily(&note, Bytes::from(content)).await.map(drop)
    }

    /// They are an object now, or have been given up. What cannot be forgotten is swept later.
    pub(crate) async fn forget_parts(&self, upload: &InParts) {
        let note = note(upload.name());
        if let Err(error) = self.delete(&note, vec![self.key(&note)]).await {
            tracing::debug!(%error, "an upload in parts is still written down");
        }
    }

    /// The key of what is written down of the upload whose parts are at `place`, apart.
    pub(crate) fn note_of(&self, place: &StorePath) -> Option<Path> {
        let name = place.as_str().strip_prefix(parts::APART)?;
        let name = name.trim_start_matches('/').parse().ok()?;
        Some(self.key(&note(name)))
    }

    /// As `Store::sweep`.
    pub(crate) async fn sweep_left_overs(
        &self,
        below: &StorePath,
        before: SystemTime,
        mode: Sweep,
    ) -> Swept {
        let mut swept = Swept::default();
        for kind in KINDS {
            let directory = crate::path(kind.directory().to_owned());
            let is_below = directory.as_str().strip_prefix(below.as_str());
            if !is_below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                continue;
            }
            let key = self.key(&directory);
            let all = self.backend.objects.list(Some(&key));
            let done = all.map(|listed| async {
                let object = listed.map_err(|error| could_not("list", &directory, error))?;
                if SystemTime::from(object.last_modified) < before {
                    self.sweep_one(kind, object, mode).await
                } else {
                    Ok(false)
                }
            });
            let mut done = done.buffer_unordered(AT_ONCE);
            while let Some(done) = done.next().await {
                match done {
                    Ok(is_left_over) => swept.found += u64::from(is_left_over),
                    Err(error) => swept.note(error),
                }
            }
        }
        swept
    }

    /// Whether it was one.
    async fn sweep_one(&self, kind: Kind, object: ObjectMeta, mode: Sweep) -> Result<bool> {
        let Some(path) = self.path_of(&object.location) else {
            return Ok(false);
        };
        match kind {
            Kind::Parts => return self.sweep_parts(&path, mode).await,
            Kind::Holders | Kind::Probes => {}
            Kind::Marks => {
                let Some(marked) = touches::marked(&path) else {
                    return Ok(false);
                };
                match self.look(&marked).await {
                    Ok(_) => return Ok(false),
                    Err(StoreError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if mode == Sweep::Remove {
            self.delete(&path, vec![object.location]).await?;
        }
        Ok(true)
    }

    async fn sweep_parts(&self, note: &StorePath, mode: Sweep) -> Result<bool> {
        let written = match self.read(note, LONGEST).await {
            Err(StoreError::NotFound(_)) => return Ok(false),
            written => written?,
        };
        let damaged = |error| StoreError::from_io("read", note, error);
        let Begun { path, upload } =
            serde_json::from_slice(&written).map_err(|error| damaged(error.into()))?;
        let path = StorePath::new(path).map_err(|error| damaged(std::io::Error::other(error)))?;
        match self.get(&path, GetOptions::new()).await {
            Ok(found) if unfinished::is(&found.attributes) => {
                let unfinished = self.unfinished(&path, found).await?;
                if unfinished.upload.name() == upload.name() {
                    return Ok(false);
                }
            }
            Ok(_) | Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        if mode == Sweep::Remove {
            self.abort_parts(&path, &upload).await?;
        }
        Ok(true)
    }
}

/// What is left.
#[derive(Clone, Copy)]
enum Kind {
    Parts,
    Holders,
    Probes,
    Marks,
}

// === impl Kind ===

impl Kind {
    const fn directory(self) -> &'static str {
        match self {
            Self::Parts => BEGUN,
            Self::Holders => "wharfinger/state/held",
            Self::Probes => "wharfinger/state/probes",
            Self::Marks => "wharfinger/state/touched",
        }
    }
}

fn note(name: Uuid) -> StorePath {
    crate::path(format!("{BEGUN}/{name}"))
}

const BEGUN: &str = "wharfinger/state/begun";
const KINDS: [Kind; 4] = [Kind::Parts, Kind::Holders, Kind::Probes, Kind::Marks];
/// Bytes of what is written down of an upload.
const LONGEST: u64 = 64 << 10;
const AT_ONCE: usize = 8;
