//! Removing what nobody relies on any more ([`clock`](crate::clock)).

use std::time::SystemTime;

use wharf_store::{Removal, Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::clock::Lease;
use crate::touches;

// === impl Bucket ===

impl Bucket {
    /// As `Store::remove_untouched`, and as `Store::move_untouched` where there is a place to
    /// move it to.
    pub(crate) async fn sweep(
        &self,
        path: &StorePath,
        since: SystemTime,
        to: Option<&StorePath>,
    ) -> Result<Removal> {
        // Most of what stays needs no more than this.
        let looked = self.untouched(path, since).await?;
        let Removal::Removed(_) = looked else {
            return Ok(looked);
        };
        self.may_sweep().await?;
        if let (Some(to), Removal::Removed(size)) = (to, looked) {
            // Before, since it may take long. What stays has been copied for nothing.
            self.copy(path, to, size).await?;
        }
        let Some(lease) = self.begin_sweep(path).await? else {
            return Ok(Removal::Kept);
        };
        match self.untouched(path, since).await {
            Ok(Removal::Removed(size)) if lease.left() > ENOUGH => {
                self.remove_under(path, &lease).await?;
                self.end_sweep(&lease).await?;
                Ok(Removal::Removed(size))
            }
            Ok(Removal::Removed(_)) => {
                self.end_sweep(&lease).await?;
                Ok(Removal::Kept)
            }
            looked => {
                self.end_sweep(&lease).await?;
                looked
            }
        }
    }

    /// After an error or too late, a deletion may still be under way: the lease is left then, and
    /// whoever waits for us does so to its end.
    async fn remove_under(&self, path: &StorePath, lease: &Lease) -> Result<()> {
        self.own.remove(path);
        let mark = touches::mark(path);
        let deleted = async {
            self.delete(path, vec![self.key(path)]).await?;
            if lease.left() > ENOUGH {
                self.delete(&mark, vec![self.key(&mark)]).await?;
            }
            Ok(())
        };
        match tokio::time::timeout(lease.left(), deleted).await {
            Ok(deleted) => deleted,
            Err(_) => {
                let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
                Err(StoreError::from_io("remove", path, late))
            }
        }
    }

    /// What would become of it.
    async fn untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        match self.stat(path).await {
            Ok(stat) if stat.touched >= since => Ok(Removal::Kept),
            Ok(stat) => Ok(Removal::Removed(stat.size)),
            Err(StoreError::NotFound(_)) => Ok(Removal::Absent),
            Err(error) => Err(error),
        }
    }
}

/// Within so long a deletion that was sent has arrived.
const ENOUGH: std::time::Duration = std::time::Duration::from_secs(5);
