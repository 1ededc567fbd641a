//! The names of entries.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use uuid::Uuid;

/// Which deletion. They sort by time.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String")]
pub struct TrashId(pub(super) Uuid);

// === impl TrashId ===

impl TrashId {
    /// When the deletion was.
    #[must_use]
    pub fn when(self) -> SystemTime {
        let since = self.0.get_timestamp().map(|time| time.to_unix());
        let (seconds, nanoseconds) = since.unwrap_or_default();
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::new(seconds, nanoseconds))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    pub(super) fn until(self, keep: Duration) -> SystemTime {
        let when = self.when();
        when.checked_add(keep).unwrap_or(when)
    }
}

impl fmt::Display for TrashId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<TrashId> for String {
    fn from(id: TrashId) -> Self {
        id.to_string()
    }
}

impl FromStr for TrashId {
    type Err = NoTrashId;

    fn from_str(text: &str) -> Result<Self, NoTrashId> {
        let id = Uuid::try_parse(text).map_err(|_| NoTrashId)?;
        // It has one name in the store, and a time.
        let is_one = id.get_version_num() == 7 && id.to_string() == text;
        is_one.then_some(Self(id)).ok_or(NoTrashId)
    }
}

/// What does not name an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is no name of an entry of the trash: `wharf trash list` shows them")]
pub struct NoTrashId;
