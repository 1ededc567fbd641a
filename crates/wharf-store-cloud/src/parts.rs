//! Uploads in parts: where a provider gathers them until they are an object.

use object_store::path::Path;
use object_store::{Error, PutMultipartOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wharf_store::{Result, StorePath};

use crate::backend::Bucket;
use crate::error::could_not;

/// Where a provider gathers the parts of an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gathering {
    /// Under the object's own key, where they have nothing to do with what is there already.
    InPlace,
    /// Under a key of their own: what is written under a key discards its parts.
    Apart,
}

/// An upload in parts that has begun.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct InParts {
    /// The provider's name for it.
    pub(crate) id: String,
    /// Ours.
    name: Uuid,
    /// Whether its parts are gathered under that name.
    is_apart: bool,
}

// === impl InParts ===

impl InParts {
    /// Where the object at `path` is when its parts are complete.
    pub(crate) fn place(&self, path: &StorePath) -> StorePath {
        if self.is_apart {
            crate::path(format!("{APART}/{}", self.name))
        } else {
            path.clone()
        }
    }

    pub(crate) const fn name(&self) -> Uuid {
        self.name
    }
}

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn begin_parts(&self, path: &StorePath) -> Result<InParts> {
        let mut begun = InParts {
            id: String::new(),
            name: Uuid::now_v7(),
            is_apart: match self.backend.gathering {
                Gathering::InPlace => false,
                Gathering::Apart => true,
            },
        };
        let key = self.key_in_parts(path, &begun);
        let options = PutMultipartOptions {
            attributes: self.backend.attributes.clone(),
            ..PutMultipartOptions::default()
        };
        let created = self.backend.parts.create_multipart_opts(&key, options);
        begun.id = created
            .await
            .map_err(|error| could_not("append to", path, error))?;
        self.note_parts(path, &begun).await?;
        Ok(begun)
    }

    /// The key under which the parts are.
    pub(crate) fn key_in_parts(&self, path: &StorePath, upload: &InParts) -> Path {
        self.key(&upload.place(path))
    }

    /// Gives up its parts, whoever has done so before.
    pub(crate) async fn abort_parts(&self, path: &StorePath, upload: &InParts) -> Result<()> {
        let place = upload.place(path);
        let key = self.key(&place);
        match self.backend.parts.abort_multipart(&key, &upload.id).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(could_not("remove", path, error)),
        }
        if place != *path {
            // They may have been complete already.
            self.delete(path, vec![key]).await?;
        }
        self.forget_parts(upload).await;
        Ok(())
    }
}

/// Where parts are gathered that are apart.
pub(crate) const APART: &str = "wharfinger/state/parts";
