//! Reading and writing one object.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{
    Attributes, GetOptions, GetRange, GetResult, ObjectStore, PutMode, PutOptions, PutPayload,
};
use wharf_store::{
    Payload, RemoteBytes, RemoteObject, RemoteSpan, Result, Stat, StoreError, StorePath,
};

use crate::again::again;
use crate::backend::Bucket;
use crate::client::CopyStatus;
use crate::error::{as_io, could_not, failed};
use crate::unfinished;

/// An object as it was when it was opened.
struct Opened {
    objects: Arc<dyn ObjectStore>,
    key: Path,
    e_tag: Option<String>,
}

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        let mut found = self.get(path, GetOptions::new()).await?;
        if unfinished::is(&found.attributes) {
            self.finish(path).await?;
            found = self.get(path, GetOptions::new()).await?;
        }
        StoreError::unless_within(limit, found.meta.size, path)?;
        found
            .bytes()
            .await
            .map_err(|error| failed("read", path, error))
    }

    pub(crate) async fn open(&self, path: &StorePath) -> Result<Payload> {
        let mut found = self.look(path).await?;
        if unfinished::is(&found.attributes) {
            self.finish(path).await?;
            found = self.look(path).await?;
        }
        let opened = Opened {
            objects: Arc::clone(&self.backend.objects),
            key: self.key(path),
            e_tag: found.meta.e_tag,
        };
        let span = RemoteSpan::new(Arc::new(opened), found.meta.size);
        Ok(Payload::Remote(span))
    }

    pub(crate) async fn size(&self, path: &StorePath) -> Result<u64> {
        let found = self.look(path).await?;
        Ok(unfinished::len(&found.attributes).unwrap_or(found.meta.size))
    }

    pub(crate) async fn stat(&self, path: &StorePath) -> Result<Stat> {
        let (found, touched) = tokio::join!(self.look(path), self.touched(path));
        let (found, touched) = (found?, touched?);
        Ok(Stat {
            size: unfinished::len(&found.attributes).unwrap_or(found.meta.size),
            touched: touched
                .max(Some(found.meta.last_modified.into()))
                .unwrap_or(found.meta.last_modified.into()),
        })
    }

    /// What is known of an object, without its bytes.
    pub(crate) async fn look(&self, path: &StorePath) -> Result<GetResult> {
        self.get(path, GetOptions::new().with_head(true)).await
    }

    pub(crate) async fn get(&self, path: &StorePath, options: GetOptions) -> Result<GetResult> {
        let key = self.key(path);
        let got = self.backend.objects.get_opts(&key, options);
        let found = got.await.map_err(|error| failed("read", path, error))?;
        match found.extensions.get::<CopyStatus>() {
            None | Some(CopyStatus::Done) => Ok(found),
            Some(CopyStatus::Pending(_)) => {
                let early = io::Error::other("it is still being copied there: try again later");
                Err(StoreError::from_io("read", path, early))
            }
            // What is there is not what was to be copied, and no longer what was there before.
            Some(CopyStatus::Failed(_)) => Err(StoreError::NotFound(path.clone())),
        }
    }

    /// Writes an object; a sweep that is under way may take it away again.
    /// The answer is when it was begun.
    pub(crate) async fn put_lazily(&self, path: &StorePath, content: Bytes) -> Result<Instant> {
        let begun = Instant::now();
        let attributes = if path.as_str().starts_with("wharfinger/state/") {
            // What is small and often replaced belongs to no dear class.
            Attributes::new()
        } else {
            self.backend.attributes.clone()
        };
        let options = PutOptions {
            mode: PutMode::Overwrite,
            attributes,
            ..PutOptions::default()
        };
        let key = self.key(path);
        let put = again(|| {
            let payload = PutPayload::from(content.clone());
            self.backend
                .objects
                .put_opts(&key, payload, options.clone())
        });
        put.await.map_err(|error| could_not("put", path, error))?;
        self.own.insert(path.clone(), begun);
        Ok(begun)
    }

    pub(crate) async fn ping(&self) -> io::Result<()> {
        let anything = self.page(self.key_of("").as_ref(), None, Some(1)).await;
        anything.map(drop).map_err(as_io)
    }
}

impl RemoteObject for Opened {
    fn bytes(&self, range: Range<u64>) -> RemoteBytes {
        let (objects, key) = (Arc::clone(&self.objects), self.key.clone());
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            // Whoever has replaced it meanwhile has replaced what was promised.
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        let got = async move { objects.get_opts(&key, options).await };
        let bytes = stream::once(got).map_ok(GetResult::into_stream);
        bytes
            .try_flatten()
            .map(|bytes| bytes.map_err(as_io))
            .boxed()
    }
}
