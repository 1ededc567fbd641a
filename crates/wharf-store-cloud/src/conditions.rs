//! Whether the provider keeps to the conditions of a write: some take no notice of them, and
//! then nobody can know that nothing is removed which somebody has just come to rely on.

use bytes::Bytes;
use object_store::{Error, PutMode, PutOptions, PutPayload, UpdateVersion};
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath};

use crate::again::again;
use crate::backend::Bucket;
use crate::error::could_not;

// === impl Bucket ===

impl Bucket {
    /// Asked before anything is removed, and tried once.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) async fn keeps_conditions(&self) -> Result<()> {
        let path = crate::path(format!("wharfinger/state/probes/{}", Uuid::now_v7()));
        let kept = self
            .conditions
            .get_or_try_init(|| self.try_conditions(&path))
            .await?;
        if *kept {
            return Ok(());
        }
        let unsafe_here = std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            "this service writes although the condition of the write (If-None-Match, If-Match) \
             does not hold: nothing can be removed safely from its buckets",
        );
        Err(StoreError::from_io("remove", &path, unsafe_here))
    }

    async fn try_conditions(&self, path: &StorePath) -> Result<bool> {
        let kept = self.write_with_conditions(path).await;
        self.delete(path, vec![self.key(path)]).await?;
        kept.map_err(|error| could_not("put", path, error))
    }

    /// Two writes whose conditions hold, and two whose conditions do not. Where one of the first is
    /// refused, nothing is known: others may be in the way, or the answer to an attempt was lost.
    async fn write_with_conditions(&self, path: &StorePath) -> object_store::Result<bool> {
        let written = again(|| self.write(path, PutMode::Create)).await?;
        let created = self.write_if(path, PutMode::Create).await?;
        let replaced = PutMode::Update(written.clone());
        again(|| self.write(path, replaced.clone())).await?;
        let outdated = self.write_if(path, PutMode::Update(written)).await?;
        Ok(created.is_none() && outdated.is_none())
    }

    /// Nothing if the condition did not hold.
    async fn write_if(
        &self,
        path: &StorePath,
        mode: PutMode,
    ) -> object_store::Result<Option<UpdateVersion>> {
        match self.write(path, mode).await {
            Ok(version) => Ok(Some(version)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is written differs each time, and so does its tag.
    async fn write(&self, path: &StorePath, mode: PutMode) -> object_store::Result<UpdateVersion> {
        let content = PutPayload::from(Bytes::from(Uuid::now_v7().to_string()));
        let options = PutOptions::from(mode);
        let key = self.key(path);
        let written = self.backend.objects.put_opts(&key, content, options);
        Ok(written.await?.into())
    }
}
