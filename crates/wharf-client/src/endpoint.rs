//! One server of the registry's API: requests go there with what it wants to see, follow it
//! where it sends them, and are repeated when that can help and does no harm.

mod answer;
mod connectors;
mod content;
mod form;
mod observed;
mod problems;
mod redirects;
mod request;
mod retries;
mod trust;
mod verifier;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};

pub(crate) use self::answer::Answer;
use self::connectors::Connectors;
pub(crate) use self::content::Content;
pub use self::content::{UploadBytes, UploadSource};
pub(crate) use self::form::Form;
use self::observed::Attempt;
pub(crate) use self::problems::causes;
pub(crate) use self::redirects::resolve;
pub(crate) use self::request::Request;
use self::retries::Retries;
use crate::authentication::{Authenticator, Challenge, Shown};
use crate::error::{ClientError, SettingsError};
use crate::settings::{ClientSettings, Patience, Verification};
use crate::{Credential, Observer, RegistryHost};

/// A server, the connections with it, and the tokens for it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    base: Url,
    connectors: Connectors,
    authenticator: Authenticator,
    patience: Patience,
    verification: Verification,
    observer: Option<Observer>,
    /// Whether it sent something else than what it was asked for.
    is_liar: AtomicBool,
}

// === impl Endpoint ===

impl Endpoint {
    /// The server of a registry, with what stands before `/v2/` in its paths.
    pub(crate) fn new(
        registry: &RegistryHost,
        path: &str,
        settings: &ClientSettings,
        credential: Option<Credential>,
    ) -> Result<Self, SettingsError> {
        let scheme = settings.protocol.scheme(registry);
        let text = format!("{scheme}://{}{path}", registry.asked());
        let base = Url::parse(&text).map_err(|error| SettingsError::Address {
            text,
            purpose: "the address of a registry",
            reason: error.to_string(),
        })?;
        Ok(Self {
            base,
            connectors: Connectors::new(settings, registry)?,
            authenticator: Authenticator::new(credential),
            patience: settings.patience,
            verification: settings.verification,
            observer: settings.observer.clone(),
            is_liar: AtomicBool::new(false),
        })
    }

    /// The same with at most so many attempts for each request.
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.patience.attempts = attempts;
        self
    }

    /// The address of something of the API; `path` begins with `/v2/` and is made of parts
    /// that need no escapes.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/');
        let path = format!("{base}{path}");
        let (path, query) = path
            .split_once('?')
            .map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// Whether this address is one of the server itself: scheme, host and port.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Tells whoever wants to know of a manifest that came from here.
    pub(crate) fn tell_manifest(&self, manifest: &crate::FetchedManifest) {
        if let Some(observer) = &self.observer {
            observer.tell_manifest(manifest);
        }
    }

    /// Whether all that it sent was what it was asked for.
    pub(crate) fn is_trusted(&self) -> bool {
        !self.is_liar.load(Ordering::Relaxed)
    }

    pub(crate) fn distrust(&self) {
        self.is_liar.store(true, Ordering::Relaxed);
    }

    /// Notes that somebody else has to be asked.
    pub(crate) fn was_of_no_use(&self, error: &ClientError) {
        tracing::debug!(error = %error, "a mirror was of no use");
        if matches!(error, ClientError::DigestMismatch { .. }) {
            self.distrust();
        }
    }

    pub(crate) const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// What may be kept in the place of a password; see [`Authenticator::identity`].
    pub(crate) async fn identity(&self) -> Result<Option<Credential>, ClientError> {
        self.authenticator.identity(self).await
    }

    /// Whether passwords may go to this address although it is plain HTTP.
    pub(crate) fn may_speak_plainly(&self) -> bool {
        self.base.scheme() == "http" || self.verification == Verification::None
    }

    /// Sends a request until it is answered, in whatever way: refusals are answers, too.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, ClientError> {
        let mut retries = Retries::new(&self.patience, request.repeat);
        loop {
            let outcome = self.authorized(request).await;
            match retries.wait(&outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return outcome,
            }
        }
    }

    /// The same, and anything but success is an error.
    pub(crate) async fn expect(&self, request: &Request) -> Result<Answer, ClientError> {
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(answer.refused().await)
        }
    }

    /// The same as [`Endpoint::send`] with this shown, and nothing learnt from the answer: for
    /// token servers.
    pub(crate) async fn send_with(
        &self,
        request: &Request,
        shown: Option<&Shown>,
    ) -> Result<Answer, ClientError> {
        let mut retries = Retries::new(&self.patience, request.repeat);
        loop {
            let outcome = self.follow(request, shown).await;
            match retries.wait(&outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return outcome,
            }
        }
    }

    /// One attempt, with whatever the server wants to see. A challenge is answered because
    /// nothing was shown, because a token that was kept is no longer good, or because more is
    /// wanted than before: a server that always wants something else has to end, too.
    async fn authorized(&self, request: &Request) -> Result<Answer, ClientError> {
        if !self.is_own(&request.url) {
            return self.follow(request, None).await;
        }
        let mut shown = self.authenticator.known(self, &request.access).await?;
        let mut challenges = 0;
        loop {
            let answer = self.follow(request, shown.as_ref()).await?;
            let is_challenge = answer.status() == StatusCode::UNAUTHORIZED;
            if !is_challenge || challenges >= MOST_CHALLENGES || !self.is_own(answer.url()) {
                return Ok(answer);
            }
            challenges += 1;
            let Some(challenge) = Challenge::best(answer.header_values(&WWW_AUTHENTICATE)) else {
                return Ok(answer);
            };
            let next = self
                .authenticator
                .answer(self, challenge, &request.access, shown.as_ref());
            match next.await? {
                None => return Ok(answer),
                next => shown = next,
            }
        }
    }

    /// Sends it, and again wherever the answers send it. What is shown to the first server is
    /// shown to no other.
    async fn follow(
        &self,
        request: &Request,
        shown: Option<&Shown>,
    ) -> Result<Answer, ClientError> {
        let first = request.url.origin();
        let mut url = request.url.clone();
        for redirects in 0..=MOST_REDIRECTS {
            let attempt = Attempt {
                registry: self.base.authority(),
                url: &url,
                shown: shown.filter(|_| url.origin() == first),
                redirects,
            };
            let answer = self.exchange(request, attempt).await?;
            match redirects::target(request, &answer)? {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        let problem = format!("it sends elsewhere more than {MOST_REDIRECTS} times");
        Err(problems::protocol(&request.what, &url, problem))
    }

    async fn exchange(
        &self,
        request: &Request,
        attempt: Attempt<'_>,
    ) -> Result<Answer, ClientError> {
        let Attempt { url, shown, .. } = attempt;
        let client = if self.is_own(url) {
            &self.connectors.own
        } else {
            &self.connectors.foreign
        };
        let mut headers = request.headers.clone();
        if request.is_bare() {
            // Some proxies want to hear that nothing comes (RFC 9110, section 8.6).
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut builder = client
            .request(request.method.clone(), url.clone())
            .headers(headers.clone());
        if let Some(shown) = shown {
            builder = builder.header(AUTHORIZATION, &shown.header);
        }
        let begun = Instant::now();
        let patience = request.patience(&self.patience);
        let response = request.content.send(builder, patience).await;
        let response = response.map_err(|failure| failure.into_error(&request.what, url));
        if let Some(observer) = &self.observer {
            let took = begun.elapsed();
            observer.tell(&attempt.exchange(request, &headers, &response, took));
        }
        Ok(Answer::new(
            response?,
            url.clone(),
            request.what.clone(),
            self.patience.stall,
            self.authenticator.has_credential(),
        ))
    }
}

/// Those of one attempt that are answered.
const MOST_CHALLENGES: u32 = 3;
/// As many as browsers follow, and then some.
const MOST_REDIRECTS: usize = 10;
