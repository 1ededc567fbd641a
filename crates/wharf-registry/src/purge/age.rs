//! When an upload was started.

use jiff::Timestamp;
use uuid::Uuid;
use wharf_spec::UploadId;
use wharf_store::StoreError;

use crate::key::Key;
use crate::{Repository, Result};

// === impl Repository ===

impl Repository {
    /// What `startedat` says. Where it is missing or says nothing (power loss; a full disk,
    /// with distribution; a removal that was cut short), the time in the upload's name, if
    /// one is in it.
    pub(super) async fn upload_started(&self, id: &UploadId) -> Result<Option<Timestamp>> {
        let path = Key::UploadStartedAt(&self.name, id).path();
        let told = match self.store().read(&path, LONGEST).await {
            Ok(content) => std::str::from_utf8(&content)
                .ok()
                .and_then(|text| text.trim().parse().ok()),
            Err(StoreError::NotFound(_) | StoreError::TooLarge { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(told.or_else(|| named(id)))
    }
}

/// The time in a UUID of version 7 (RFC 9562, section 5.7).
pub(super) fn named(id: &UploadId) -> Option<Timestamp> {
    let uuid = Uuid::try_parse(&id.to_string()).ok()?;
    let (seconds, nanoseconds) = match uuid.get_version() {
        Some(uuid::Version::SortRand) => uuid.get_timestamp()?.to_unix(),
        _ => return None,
    };
    Timestamp::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?).ok()
}

/// More than any time takes.
const LONGEST: u64 = 256;
