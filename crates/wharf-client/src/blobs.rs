//! Blobs: looked for, read, deleted.

mod flow;
mod opening;
mod pieces;
mod reader;
mod source;
mod verifier;
mod wanted;

use reqwest::{Method, StatusCode};
use wharf_hash::StreamHasher;
use wharf_spec::{Digest, RepositoryName};

pub use self::reader::BlobReader;
use self::wanted::Wanted;
use crate::authentication::Access;
use crate::endpoint::Request;
use crate::error::ClientError;
use crate::observer::Purpose;
use crate::registry::RegistryClient;

/// What a registry says of a blob without sending it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlobHead {
    /// Its size in bytes; it may be missing.
    pub size: Option<u64>,
}

// === impl RegistryClient ===

impl RegistryClient {
    /// Whether the repository has a blob, and what is said of it (distribution-spec: end-2).
    ///
    /// # Errors
    /// When the registry does not say.
    pub async fn blob_head(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<BlobHead>, ClientError> {
        self.blob_head_for(repository, digest, Access::pull(repository))
            .await
    }

    /// The same, asked by one who needs more afterwards, and so the same token.
    pub(crate) async fn blob_head_for(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        access: Access,
    ) -> Result<Option<BlobHead>, ClientError> {
        let url = self.home().url(&path(repository, digest));
        let what = self.what_blob(repository, digest);
        let purpose = Purpose::BlobHead(*digest);
        let request = Request::new(purpose, Method::HEAD, url, access, what);
        let answer = self.home().send(&request).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(BlobHead {
                size: answer.length(),
            })),
            _ => Err(answer.refused().await),
        }
    }

    /// Reads a blob from its beginning (distribution-spec: end-2). With its size, as a
    /// manifest has it, another size is seen before anything is read.
    #[must_use]
    pub fn blob(
        &self,
        repository: &RepositoryName,
        digest: Digest,
        size: Option<u64>,
    ) -> BlobReader {
        let hasher = StreamHasher::new(digest.algorithm());
        self.blob_after(repository, digest, size, hasher)
    }

    /// Reads the rest of a blob: `hashed` is the hash of the bytes that are there already,
    /// which were given to it ([`StreamHasher::update`]). What is verified is all of the blob.
    /// If the digest is another one, the bytes that were there may be at fault as well as
    /// those that came. Nothing is asked for if all `size` bytes are there.
    #[must_use]
    pub fn blob_after(
        &self,
        repository: &RepositoryName,
        digest: Digest,
        size: Option<u64>,
        hashed: StreamHasher,
    ) -> BlobReader {
        let wanted = Wanted::new(self.clone(), repository.clone(), digest, size);
        BlobReader::new(wanted, hashed)
    }

    /// Deletes a blob from a repository (distribution-spec: end-10).
    ///
    /// # Errors
    /// When it is not there, or the registry does not allow it, as most do not.
    pub async fn delete_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<(), ClientError> {
        let url = self.home().url(&path(repository, digest));
        let what = self.what_blob(repository, digest);
        let access = Access::delete(repository);
        let purpose = Purpose::BlobDelete(*digest);
        let request = Request::new(purpose, Method::DELETE, url, access, what);
        self.home().expect(&request).await.map(drop)
    }

    /// The name of a blob, for errors.
    pub(crate) fn what_blob(&self, repository: &RepositoryName, digest: &Digest) -> String {
        format!("the blob {digest} of {}/{repository}", self.registry())
    }
}

// === private ===

fn path(repository: &RepositoryName, digest: &Digest) -> String {
    format!("/v2/{repository}/blobs/{digest}")
}
