//! Manifests: read and checked, described, written, deleted.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use wharf_spec::{Algorithm, Digest, Manifest, ManifestType, Reference, RepositoryName};

use crate::authentication::Access;
use crate::endpoint::{Answer, Content, Endpoint, Request};
use crate::error::ClientError;
use crate::observer::Purpose;
use crate::registry::RegistryClient;

/// A manifest as the registry has it, byte for byte, which is what its digest is of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchedManifest {
    /// All of it.
    pub bytes: Bytes,
    /// What it is: as the registry says, or as it says itself where the registry says nothing.
    pub media_type: String,
    /// Its digest, computed here.
    pub digest: Digest,
}

/// What a registry says of a manifest without sending it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManifestHead {
    /// What it is; it may be missing.
    pub media_type: Option<String>,
    /// Its digest, which nobody has checked; old registries leave it out.
    pub digest: Option<Digest>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// What a registry made of a manifest that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PushedManifest {
    /// Its digest.
    pub digest: Digest,
    /// Whether the registry noted that the manifest is about its subject; if not, and it has
    /// one, the writer has to (distribution-spec: "Pushing Manifests with Subject").
    pub subject_noted: bool,
}

// === impl RegistryClient ===

impl RegistryClient {
    /// Reads a manifest of one of these types, or of any that is known if there are none
    /// (distribution-spec: end-3). What comes has the digest that was asked for, and the one
    /// that the registry says, or it is an error.
    ///
    /// # Errors
    /// When the registry does not have it or does not give it, when it has more than
    /// [`RegistryClient::MOST_MANIFEST`] bytes, or when it is not what was asked for.
    pub async fn manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        accept: &[ManifestType],
    ) -> Result<FetchedManifest, ClientError> {
        for mirror in self.trusted_mirrors() {
            let fetched = self.manifest_of(mirror, repository, reference, accept);
            match fetched.await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => mirror.was_of_no_use(&error),
            }
        }
        self.own_manifest(repository, reference, accept).await
    }

    /// The same from the registry itself, for what is to be written there again: a mirror may
    /// be behind.
    pub(crate) async fn own_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        accept: &[ManifestType],
    ) -> Result<FetchedManifest, ClientError> {
        self.manifest_of(self.home(), repository, reference, accept)
            .await
    }

    async fn manifest_of(
        &self,
        endpoint: &Endpoint,
        repository: &RepositoryName,
        reference: &Reference,
        accept: &[ManifestType],
    ) -> Result<FetchedManifest, ClientError> {
        let request = self.manifest_request(endpoint, Method::GET, repository, reference, accept);
        let mut answer = endpoint.expect(&request).await?;
        let bytes = answer.body(Self::MOST_MANIFEST).await?;
        let digest = checked(
            &answer,
            &bytes,
            reference,
            &self.what(repository, reference),
        )?;
        let media_type = media_type(&answer, &bytes);
        let fetched = FetchedManifest {
            bytes,
            media_type,
            digest,
        };
        endpoint.tell_manifest(&fetched);
        Ok(fetched)
    }

    /// What the registry says of a manifest (distribution-spec: end-3).
    ///
    /// # Errors
    /// When it does not have it, or does not say.
    pub async fn manifest_head(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        accept: &[ManifestType],
    ) -> Result<ManifestHead, ClientError> {
        let request = |endpoint: &Endpoint| {
            self.manifest_request(endpoint, Method::HEAD, repository, reference, accept)
        };
        let answer = self.read(request).await?;
        Ok(ManifestHead {
            media_type: answer
                .header(&CONTENT_TYPE)
                .map(|it| essence(it).to_owned()),
            digest: said_digest(&answer),
            size: answer.length(),
        })
    }

    /// Writes a manifest, under its digest or a tag (distribution-spec: end-7). All that it
    /// refers to must be there, except its subject.
    ///
    /// # Errors
    /// When the registry does not take it, or says that it has another digest.
    pub async fn push_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<PushedManifest, ClientError> {
        let what = self.what(repository, reference);
        let algorithm = match reference {
            Reference::Digest(digest) => digest.algorithm(),
            Reference::Tag(_) => Algorithm::Sha256,
        };
        let digest = wharf_hash::digest(algorithm, &bytes);
        if let Reference::Digest(expected) = reference {
            same(&what, *expected, digest)?;
        }
        let url = self.home().url(&path(repository, reference));
        let access = Access::push(repository);
        let purpose = Purpose::ManifestPush(reference.clone());
        let request = Request::new(purpose, Method::PUT, url, access, what.clone())
            .with_header(CONTENT_TYPE, media_type)
            .with_content(Content::Bytes(bytes));
        let answer = self.home().expect(&request).await?;
        let said = said_digest(&answer).filter(|said| said.algorithm() == algorithm);
        same(&what, digest, said.unwrap_or(digest))?;
        Ok(PushedManifest {
            digest,
            subject_noted: answer.header(&SUBJECT).is_some(),
        })
    }

    /// Deletes a manifest, or a tag alone (distribution-spec: end-9).
    ///
    /// # Errors
    /// When it is not there, or the registry does not allow it, as many do not.
    pub async fn delete_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<(), ClientError> {
        let url = self.home().url(&path(repository, reference));
        let what = self.what(repository, reference);
        let access = Access::delete(repository);
        let purpose = Purpose::ManifestDelete(reference.clone());
        let request = Request::new(purpose, Method::DELETE, url, access, what);
        self.home().expect(&request).await.map(drop)
    }

    fn manifest_request(
        &self,
        endpoint: &Endpoint,
        method: Method,
        repository: &RepositoryName,
        reference: &Reference,
        accept: &[ManifestType],
    ) -> Request {
        let url = endpoint.url(&path(repository, reference));
        let what = self.what(repository, reference);
        let all = &ManifestType::ALL[..];
        let accept = if accept.is_empty() { all } else { accept };
        let accept: Vec<_> = accept.iter().map(|it| it.as_str()).collect();
        let purpose = Purpose::Manifest(reference.clone());
        Request::new(purpose, method, url, Access::pull(repository), what)
            .with_header(ACCEPT, &accept.join(", "))
    }

    /// The name of an image, for errors.
    fn what(&self, repository: &RepositoryName, reference: &Reference) -> String {
        let separator = match reference {
            Reference::Tag(_) => ':',
            Reference::Digest(_) => '@',
        };
        format!("{}/{repository}{separator}{reference}", self.registry())
    }
}

impl RegistryClient {
    /// Bytes of a manifest: what every registry takes, and distribution's own limit.
    /// distribution: registry/handlers/manifests.go, `maxManifestBodySize`
    pub const MOST_MANIFEST: u64 = 4 << 20;
}

// === private ===

fn path(repository: &RepositoryName, reference: &Reference) -> String {
    format!("/v2/{repository}/manifests/{reference}")
}

/// The digest of what came, if it is the one that was asked for and the one that was said.
fn checked(
    answer: &Answer,
    bytes: &[u8],
    reference: &Reference,
    what: &str,
) -> Result<Digest, ClientError> {
    let digest_of = |expected: Digest| wharf_hash::digest(expected.algorithm(), bytes);
    let said = said_digest(answer);
    if let Some(said) = said {
        same(what, said, digest_of(said))?;
    }
    match reference {
        Reference::Digest(asked) => {
            same(what, *asked, digest_of(*asked))?;
            Ok(*asked)
        }
        Reference::Tag(_) => {
            Ok(said.unwrap_or_else(|| wharf_hash::digest(Algorithm::Sha256, bytes)))
        }
    }
}

fn same(what: &str, expected: Digest, found: Digest) -> Result<(), ClientError> {
    if expected == found {
        return Ok(());
    }
    Err(ClientError::DigestMismatch {
        what: what.to_owned(),
        expected,
        found,
    })
}

/// One of an algorithm that is not known here is as good as none.
pub(crate) fn said_digest(answer: &Answer) -> Option<Digest> {
    answer.header(&DIGEST)?.trim().parse().ok()
}

/// Files on a plain web server have types that say nothing.
fn media_type(answer: &Answer, bytes: &[u8]) -> String {
    let said = answer
        .header(&CONTENT_TYPE)
        .map(essence)
        .unwrap_or_default();
    let is_vague = matches!(
        said,
        "" | "application/json" | "application/octet-stream" | "text/plain"
    );
    let own = || Manifest::detect(bytes).ok();
    match is_vague.then(own).flatten() {
        Some(own) => own.as_str().to_owned(),
        None => said.to_owned(),
    }
}

fn essence(header: &str) -> &str {
    header.split(';').next().unwrap_or_default().trim()
}

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
