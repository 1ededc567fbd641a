//! Blobs that are written: not at all where they are already, by a mount where another
//! repository has them, else byte by byte, going on where a broken request stopped.
//! (distribution-spec: "Pushing blobs")

mod session;
mod status;

use std::sync::Arc;

use reqwest::{Method, StatusCode, Url};
use wharf_spec::{Digest, RepositoryName};

use self::session::{Ended, Session};
use crate::authentication::Access;
use crate::endpoint::{Answer, Request, UploadSource};
use crate::error::ClientError;
use crate::observer::Purpose;
use crate::registry::RegistryClient;

/// How a blob came to be in the repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PushedBlob {
    /// It was there.
    Existed,
    /// It was in this repository, which the registry took it from.
    Mounted(RepositoryName),
    /// Its bytes were sent.
    Uploaded,
}

/// What an upload is of, and where it goes.
pub(crate) struct Upload<'a> {
    pub(crate) client: &'a RegistryClient,
    pub(crate) repository: &'a RepositoryName,
    pub(crate) digest: &'a Digest,
    pub(crate) size: u64,
    pub(crate) source: Arc<dyn UploadSource>,
    pub(crate) access: Access,
    pub(crate) what: String,
}

// === impl RegistryClient ===

impl RegistryClient {
    /// Sees to it that a repository has a blob of `size` bytes: looks for it, tries to mount
    /// it from the repositories in `others`, and else uploads it.
    ///
    /// # Errors
    /// When the registry does not take it, or `source` does not give it. A broken upload goes
    /// on where it stopped, and begins anew a few times if the registry forgot it.
    pub async fn push_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        size: u64,
        source: Arc<dyn UploadSource>,
        others: &[RepositoryName],
    ) -> Result<PushedBlob, ClientError> {
        let upload = Upload {
            client: self,
            repository,
            digest,
            size,
            source,
            access: Access::push(repository),
            what: self.what_blob(repository, digest),
        };
        if upload.exists().await? {
            return Ok(PushedBlob::Existed);
        }
        let mut started = None;
        for other in others.iter().filter(|other| *other != repository) {
            if let Some(unused) = started.take() {
                upload.cancel(unused).await;
            }
            match upload.mount(other).await? {
                Mounted::Yes => return Ok(PushedBlob::Mounted(other.clone())),
                Mounted::Started(session) => started = Some(session),
                Mounted::No => {}
            }
        }
        upload.run(started).await?;
        Ok(PushedBlob::Uploaded)
    }
}

/// What came of an attempt to mount.
enum Mounted {
    Yes,
    /// The registry began an upload in its place.
    Started(Url),
    No,
}

// === impl Upload ===

impl Upload<'_> {
    /// Sends all bytes, in one session after another if need be.
    async fn run(&self, mut started: Option<Url>) -> Result<(), ClientError> {
        let attempts = self.client.home().patience().attempts;
        let mut lost = None;
        for _ in 0..attempts {
            let location = match started.take() {
                Some(location) => location,
                None => self.start().await?,
            };
            match Session::new(self, location).run().await? {
                Ended::Committed => return Ok(()),
                // Perhaps because it was at its end, and only the answer was lost.
                Ended::Lost(_) if self.exists().await? => return Ok(()),
                Ended::Lost(why) => lost = Some(why),
            }
        }
        Err(match lost {
            Some(why) => *why,
            // There is an attempt at least, which ends or tells.
            None => ClientError::Protocol {
                what: self.what.clone(),
                host: self.client.registry().to_string(),
                problem: "no attempt is allowed".to_owned(),
            },
        })
    }

    async fn exists(&self) -> Result<bool, ClientError> {
        let access = self.access.clone();
        let head = self
            .client
            .blob_head_for(self.repository, self.digest, access);
        Ok(head.await?.is_some())
    }

    /// Asks for the blob of another repository (distribution-spec: end-11). That this is not
    /// allowed, or not known, is no reason not to upload it.
    async fn mount(&self, from: &RepositoryName) -> Result<Mounted, ClientError> {
        let mut url = self.uploads();
        url.query_pairs_mut()
            .append_pair("mount", &self.digest.to_string())
            .append_pair("from", from.as_str());
        let access = self.access.clone().and_pull(from);
        let purpose = Purpose::Mount {
            digest: *self.digest,
            from: from.clone(),
        };
        let request = Request::new(purpose, Method::POST, url, access, &self.what);
        match self.client.home().send(&request).await {
            Err(ClientError::Denied { .. } | ClientError::Refused { .. }) => Ok(Mounted::No),
            Err(error) => Err(error),
            Ok(answer) => match answer.status() {
                StatusCode::CREATED => Ok(Mounted::Yes),
                StatusCode::ACCEPTED => status::location(&answer).map(Mounted::Started),
                _ => Ok(Mounted::No),
            },
        }
    }

    /// Begins a session (distribution-spec: end-4a). One that was begun and never heard of
    /// is removed by the registry some day.
    async fn start(&self) -> Result<Url, ClientError> {
        let answer = self
            .expect(
                Purpose::UploadStart(*self.digest),
                Method::POST,
                self.uploads(),
            )
            .await?;
        if answer.status() != StatusCode::ACCEPTED {
            let status = answer.status();
            return Err(answer.unusable(format!("an upload does not begin with {status}")));
        }
        status::location(&answer)
    }

    /// Ends a session that is not needed. If that fails, the registry does it some day.
    async fn cancel(&self, location: Url) {
        let purpose = Purpose::UploadCancel(*self.digest);
        if let Err(error) = self.expect(purpose, Method::DELETE, location).await {
            tracing::debug!(error = %error, "an upload that is not needed was left");
        }
    }

    async fn expect(
        &self,
        purpose: Purpose,
        method: Method,
        url: Url,
    ) -> Result<Answer, ClientError> {
        let request = Request::new(purpose, method, url, self.access.clone(), &self.what);
        self.client.home().expect(&request).await
    }

    fn uploads(&self) -> Url {
        let path = format!("/v2/{}/blobs/uploads/", self.repository);
        self.client.home().url(&path)
    }
}
