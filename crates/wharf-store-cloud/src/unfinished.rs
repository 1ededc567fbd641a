//! An object that is still being appended to, once it is larger than a part: which parts the
//! provider has, and the bytes after them, so that any process can go on.
//!
//! It is an object under the same key, marked by its metadata, and gives way to the whole one.

use bytes::{BufMut as _, Bytes, BytesMut};
use object_store::multipart::PartId;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetResult, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};
use serde::{Deserialize, Serialize};
use wharf_store::{Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::{could_not, failed};
use crate::parts::InParts;

/// What there is of it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Unfinished {
    #[serde(flatten)]
    pub(crate) upload: InParts,
    /// What it answered for each part, and how many bytes that has.
    pub(crate) parts: Vec<(String, u64)>,
    #[serde(skip)]
    pub(crate) rest: Bytes,
}

// === impl Unfinished ===

impl Unfinished {
    /// Bytes of the object so far.
    pub(crate) fn len(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|(_, size)| size).sum();
        parts + self.rest.len() as u64
    }

    fn to_bytes(&self) -> serde_json::Result<Bytes> {
        let mut bytes = BytesMut::new();
        bytes.put_slice(&serde_json::to_vec(self)?);
        bytes.put_u8(b'\n');
        bytes.put_slice(&self.rest);
        Ok(bytes.freeze())
    }

    fn parse(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let read: Self = serde_json::from_slice(bytes.get(..end)?).ok()?;
        Some(Self {
            rest: bytes.slice(end + 1..),
            ..read
        })
    }
}

// === impl Bucket ===

impl Bucket {
    /// What was found at the path, as such.
    pub(crate) async fn unfinished(
        &self,
        path: &StorePath,
        found: GetResult,
    ) -> Result<Unfinished> {
        let bytes = found.bytes().await;
        let bytes = bytes.map_err(|error| failed("read", path, error))?;
        Unfinished::parse(&bytes).ok_or_else(|| {
            let damaged = "what is known of the parts of this upload is damaged";
            StoreError::from_io("read", path, std::io::Error::other(damaged))
        })
    }

    pub(crate) async fn keep_unfinished(
        &self,
        path: &StorePath,
        what: &Unfinished,
        expected: Option<&UpdateVersion>,
    ) -> Result<UpdateVersion> {
        let failed = |error| StoreError::from_io("append to", path, error);
        let content = what.to_bytes().map_err(|error| failed(error.into()))?;
        let mut attributes = Attributes::new();
        attributes.insert(MARK, what.len().to_string().into());
        self.replace(path, content, attributes, expected).await
    }

    /// Writes what was appended to, unless somebody else has done so since: two who append to
    /// one object would destroy what the other was told is kept.
    pub(crate) async fn replace(
        &self,
        path: &StorePath,
        content: Bytes,
        attributes: Attributes,
        expected: Option<&UpdateVersion>,
    ) -> Result<UpdateVersion> {
        let options = PutOptions {
            mode: expected.map_or(PutMode::Create, |it| PutMode::Update(it.clone())),
            attributes,
            ..PutOptions::default()
        };
        let key = self.key(path);
        let put = self
            .backend
            .objects
            .put_opts(&key, PutPayload::from(content.clone()), options);
        match put.await {
            Ok(written) => Ok(written.into()),
            Err(error @ (Error::Precondition { .. } | Error::AlreadyExists { .. })) => {
                // It may be there from an attempt whose answer was lost.
                let written = self.version_of(path, &content).await;
                written.ok_or_else(|| could_not("append to", path, error))
            }
            Err(error) => Err(could_not("append to", path, error)),
        }
    }

    /// Of what is there, if it is this.
    async fn version_of(&self, path: &StorePath, content: &Bytes) -> Option<UpdateVersion> {
        let found = self.get(path, GetOptions::new()).await.ok()?;
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        let is_as_long = found.meta.size == content.len() as u64;
        (is_as_long && found.bytes().await.ok()? == *content).then_some(version)
    }

    /// Gives up its parts. What says which they are stays.
    pub(crate) async fn abort(&self, path: &StorePath) -> Result<()> {
        let found = self.get(path, GetOptions::new()).await?;
        if !is(&found.attributes) {
            return Ok(());
        }
        let Unfinished { upload, .. } = self.unfinished(path, found).await?;
        self.abort_parts(path, &upload).await
    }

    /// Makes it an object like others.
    pub(crate) async fn finish(&self, path: &StorePath) -> Result<()> {
        let place = self.complete(path).await?;
        if place == *path {
            return Ok(());
        }
        let copied = async {
            let size = self.look(&place).await?.meta.size;
            self.copy(&place, path, size).await
        };
        match copied.await {
            Ok(_) => {
                let mut keys = vec![self.key(&place)];
                keys.extend(self.note_of(&place));
                self.delete(&place, keys).await
            }
            // Somebody may have been faster.
            Err(error) => match self.look(path).await {
                Ok(found) if !is(&found.attributes) => Ok(()),
                Ok(_) | Err(_) => Err(error),
            },
        }
    }

    /// Makes it an object like others, wherever its parts are gathered. The answer is where that
    /// is: at the path if it was one already.
    pub(crate) async fn complete(&self, path: &StorePath) -> Result<StorePath> {
        let found = self.get(path, GetOptions::new()).await?;
        if !is(&found.attributes) {
            return Ok(path.clone());
        }
        let unfinished = self.unfinished(path, found).await?;
        let upload = unfinished.upload.clone();
        let place = upload.place(path);
        let Err(error) = self.put_together(&place, unfinished).await else {
            // As long as it lies apart, it may have to be swept.
            if place == *path {
                self.forget_parts(&upload).await;
            }
            return Ok(place);
        };
        // Somebody may have been faster, or our first attempt more successful than it seemed.
        for place in [&place, path] {
            if let Ok(found) = self.look(place).await
                && !is(&found.attributes)
            {
                return Ok(place.clone());
            }
        }
        Err(match error {
            Error::NotFound { .. } => lost(path, error),
            error => could_not("complete", path, error),
        })
    }

    async fn put_together(
        &self,
        place: &StorePath,
        unfinished: Unfinished,
    ) -> object_store::Result<()> {
        let Unfinished {
            upload: InParts { id, .. },
            parts,
            rest,
        } = unfinished;
        let key = self.key(place);
        let number = parts.len();
        let mut parts: Vec<_> = parts
            .into_iter()
            .map(|(content_id, _)| PartId { content_id })
            .collect();
        if !rest.is_empty() {
            let payload = PutPayload::from(rest);
            let part = self.backend.parts.put_part(&key, &id, number, payload);
            parts.push(part.await?);
        }
        let completed = self.backend.parts.complete_multipart(&key, &id, parts);
        completed.await.map(drop)
    }
}

fn lost(path: &StorePath, error: Error) -> StoreError {
    tracing::warn!(%path, "the provider has lost the parts of an upload");
    could_not("complete", path, error)
}

/// Whether that is said of an object.
pub(crate) fn is(attributes: &Attributes) -> bool {
    attributes.get(&MARK).is_some()
}

/// How many bytes an object has that is marked so.
pub(crate) fn len(attributes: &Attributes) -> Option<u64> {
    attributes.get(&MARK)?.parse().ok()
}

/// Letters alone, since Azure takes nothing else but digits and `_`, which some proxies drop.
const MARK: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("wharfingerunfinished"));
