//! Link files: a digest in a file of its own, without a line end.

use bytes::Bytes;
use wharf_spec::Digest;
use wharf_store::{Change, Store, StoreError, StorePath};

use crate::Result;
use crate::key::Key;

/// What a link file holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    To(Digest),
    NoDigest,
    Absent,
}

/// What the link file holds, for who tells broken ones from those that are not there.
///
/// # Errors
/// The store's.
pub(crate) async fn content(store: &dyn Store, path: &StorePath) -> wharf_store::Result<Content> {
    match store.read(path, LONGEST).await {
        Ok(content) => {
            let text = std::str::from_utf8(&content).ok();
            let digest = text.and_then(|text| text.trim().parse().ok());
            Ok(digest.map_or(Content::NoDigest, Content::To))
        }
        Err(StoreError::NotFound(_)) => Ok(Content::Absent),
        Err(StoreError::TooLarge { .. }) => Ok(Content::NoDigest),
        Err(error) => Err(error),
    }
}

/// What the link points to. A link that holds no digest counts as absent: distribution
/// leaves empty ones behind when its disk is full.
pub(crate) async fn read(store: &dyn Store, path: &StorePath) -> Result<Option<Digest>> {
    match store.read(path, LONGEST).await {
        Ok(content) => Ok(parse(path, &content)),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error @ StoreError::TooLarge { .. }) => {
            tracing::warn!(%error, "a link file is too long to be one and counts as absent");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The change that points the link to `digest`.
pub(crate) fn change(link: Key<'_>, digest: Digest) -> Change {
    Change::Put {
        path: link.path(),
        content: Bytes::from(digest.to_string()),
    }
}

fn parse(path: &StorePath, content: &[u8]) -> Option<Digest> {
    let digest = std::str::from_utf8(content)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    if digest.is_none() {
        tracing::warn!(
            path = path.as_str(),
            "a link file holds no digest and counts as absent"
        );
    }
    digest
}

/// More than any digest has.
const LONGEST: u64 = 4096;
