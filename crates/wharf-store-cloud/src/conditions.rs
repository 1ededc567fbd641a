//! Whether the provider keeps to the conditions of a write: some take no notice of them, and
//! then nobody can know that nothing is removed which somebody has just come to rely on.

use bytes::Bytes;
use object_store::{Error, PutMode, PutOptions, PutPayload, UpdateVersion};
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath};

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
        let written = self.write_if(path, PutMode::Create).await;
        let Some(version) = written.map_err(|error| could_not("put", path, error))? else {
            return Ok(false);
        };
        let replaced = PutMode::Update(version.clone());
        let kept = async {
            let again = self.write_if(path, PutMode::Create).await?;
            let replaced = self.write_if(path, replaced).await?;
            let outdated = self.write_if(path, PutMode::Update(version)).await?;
            Ok(again.is_none() && replaced.is_some() && outdated.is_none())
        };
        let kept = kept.await;
        self.delete(path, vec![self.key(path)]).await?;
        kept.map_err(|error| could_not("put", path, error))
    }

    /// Nothing if the condition did not hold. What is written differs each time, and so does
    /// its tag.
    async fn write_if(
        &self,
        path: &StorePath,
        mode: PutMode,
    ) -> object_store::Result<Option<UpdateVersion>> {
        let content = PutPayload::from(Bytes::from(Uuid::now_v7().to_string()));
        let options = PutOptions::from(mode);
        let key = self.key(path);
        match self.backend.objects.put_opts(&key, content, options).await {
            Ok(written) => Ok(Some(written.into())),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
