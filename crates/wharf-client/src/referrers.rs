//! What refers to a manifest: signatures, lists of what is inside, and the like
//! (distribution-spec: "Listing Referrers").

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use wharf_spec::{Descriptor, Digest, Manifest, Reference, RepositoryName, Tag, media_type};

use crate::authentication::Access;
use crate::endpoint::{Answer, Request};
use crate::error::ClientError;
use crate::listings::next_page;
use crate::manifests::FetchedManifest;
use crate::observer::Purpose;
use crate::registry::RegistryClient;

// === impl RegistryClient ===

impl RegistryClient {
    /// The manifests whose subject this one is, of one type or of all. A registry that knows
    /// nothing of referrers is asked for the tag that clients keep in their place.
    ///
    /// # Errors
    /// When the registry does not say, or says what is no list of manifests, or when there
    /// are more than [`RegistryClient::MOST_REFERRERS`].
    pub async fn referrers(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, ClientError> {
        let mut url = self
            .home()
            .url(&format!("/v2/{repository}/referrers/{digest}"));
        if let Some(artifact_type) = artifact_type {
            url.query_pairs_mut()
                .append_pair("artifactType", artifact_type);
        }
        let mut found = Vec::new();
        let mut next = Some(url);
        let mut pages = 0;
        while let Some(url) = next {
            pages += 1;
            let mut answer = self.referrers_page(repository, digest, url.clone()).await?;
            if answer.status() == StatusCode::NOT_FOUND && found.is_empty() {
                found = self.tagged_referrers(repository, digest).await?;
                break;
            }
            if !answer.status().is_success() {
                return Err(answer.refused().await);
            }
            next = next_page(&answer)?;
            let body = answer.body(Self::MOST_MANIFEST).await?;
            let page = index(&answer, body)?;
            let is_endless = next.as_ref() == Some(&url) || pages > MOST_PAGES;
            found.extend(page);
            if is_endless || found.len() > Self::MOST_REFERRERS {
                return Err(answer.unusable("its list has no end"));
            }
        }
        // A registry need not look at the type (`OCI-Filters-Applied`).
        found.retain(|it| {
            artifact_type.is_none_or(|wanted| it.artifact_type.as_deref() == Some(wanted))
        });
        Ok(found)
    }

    /// Adds a manifest to the list of those that refer to `subject`, which clients keep under a
    /// tag where the registry keeps none: when [`PushedManifest::subject_noted`] is false
    /// (distribution-spec: "Pushing Manifests with Subject"). Two that do it at the same moment
    /// may lose one of their entries; the protocol has nothing against that.
    ///
    /// # Errors
    /// When the list cannot be read or written, would be too long for a manifest, or when
    /// something else has its tag.
    ///
    /// [`PushedManifest::subject_noted`]: crate::PushedManifest::subject_noted
    pub async fn tag_referrer(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        referrer: Descriptor,
    ) -> Result<(), ClientError> {
        let Some(tag) = referrers_tag(subject) else {
            return Ok(());
        };
        let tag = Reference::Tag(tag);
        let mut manifests = match self.own_manifest(repository, &tag, &[]).await {
            Err(error) if error.is_not_found() => Vec::new(),
            tagged => self.listed(repository, &tag, tagged?)?,
        };
        if manifests
            .iter()
            .any(|known| known.digest == referrer.digest)
        {
            return Ok(());
        }
        manifests.push(referrer);
        let index = Index {
            schema_version: 2,
            media_type: media_type::OCI_INDEX,
            manifests,
        };
        // It has texts as keys only, so it can be written.
        let bytes = serde_json::to_vec(&index).unwrap_or_default();
        let pushed = self.push_manifest(repository, &tag, media_type::OCI_INDEX, bytes.into());
        pushed.await.map(drop)
    }

    /// The entries of a list that is to be written again: of what is no list, nothing may get
    /// lost.
    fn listed(
        &self,
        repository: &RepositoryName,
        tag: &Reference,
        tagged: FetchedManifest,
    ) -> Result<Vec<Descriptor>, ClientError> {
        let unusable = |problem: String| ClientError::Protocol {
            what: format!("{}/{repository}:{tag}", self.registry()),
            host: self.home().url("").authority().to_owned(),
            problem,
        };
        let index = Manifest::parse(tagged.bytes, Some(&tagged.media_type));
        let index = index.map_err(|error| unusable(format!("it is no index: {error}")))?;
        if !index.media_type().is_index() {
            return Err(unusable(format!(
                "it is no index: it is {}",
                tagged.media_type
            )));
        }
        Ok(index.children().to_vec())
    }

    async fn referrers_page(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        url: Url,
    ) -> Result<Answer, ClientError> {
        let what = format!("the referrers of {}/{repository}@{digest}", self.registry());
        let purpose = Purpose::Referrers(*digest);
        let request = Request::new(purpose, Method::GET, url, Access::pull(repository), what)
            .with_header(ACCEPT, media_type::OCI_INDEX);
        self.home().send(&request).await
    }

    /// distribution-spec: "Unavailable Referrers API"
    async fn tagged_referrers(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Vec<Descriptor>, ClientError> {
        let Some(tag) = referrers_tag(digest) else {
            return Ok(Vec::new());
        };
        let tagged = self.manifest(repository, &Reference::Tag(tag), &[]).await;
        match tagged {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            tagged => {
                let tagged = tagged?;
                let index = Manifest::parse(tagged.bytes, Some(&tagged.media_type));
                // Somebody may have a tag of that name for something else.
                Ok(index.map_or_else(|_| Vec::new(), |index| index.children().to_vec()))
            }
        }
    }
}

impl RegistryClient {
    /// Referrers of one manifest that are held at once.
    pub const MOST_REFERRERS: usize = 100_000;
}

// === private ===

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

fn index(answer: &Answer, body: bytes::Bytes) -> Result<Vec<Descriptor>, ClientError> {
    let said = answer.header(&CONTENT_TYPE).map(str::to_owned);
    // Some say that it is plain JSON.
    let is_index = |it: &&str| it.starts_with(media_type::OCI_INDEX);
    let said = said
        .as_deref()
        .filter(is_index)
        .unwrap_or(media_type::OCI_INDEX);
    let index = Manifest::parse(body, Some(said));
    let index = index.map_err(|error| answer.unusable(format!("it is no index: {error}")))?;
    Ok(index.children().to_vec())
}

/// The tag that stands for a list of referrers: the digest, its colon a dash, and no longer
/// than a tag may be.
pub(crate) fn referrers_tag(digest: &Digest) -> Option<Tag> {
    let algorithm = digest.algorithm().name();
    let hex = digest.hex();
    let hex = hex.get(..64).unwrap_or(&hex);
    format!("{algorithm}-{hex}").parse().ok()
}

/// Pages of a list.
const MOST_PAGES: usize = 10_000;
