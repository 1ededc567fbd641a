//! Getting a certificate: an account, an order, an answer to a question, and a key.

use std::time::Duration;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use serde::{Deserialize, Serialize};

use super::Acme;
use super::certificate::Certificate;
use crate::tls::{blocking, explain};

/// An account, as it is kept. It is one of the authority's.
#[derive(Deserialize, Serialize)]
struct Kept {
    directory: String,
    email: Option<String>,
    credentials: AccountCredentials,
}

// === impl Acme ===

impl Acme {
    /// Gets a certificate for a name, keeps it and uses it.
    pub(super) async fn obtain(&self, host: &str) -> Result<(), String> {
        let pem = match self.order(host).await {
            // The authority may have forgotten us: then we introduce ourselves again.
            Err(Refused::NoAccount(_)) => {
                self.introduce().await.map_err(|error| said(&error))?;
                self.order(host).await
            }
            ordered => ordered,
        };
        let pem = pem.map_err(|refused| match refused {
            Refused::NoAccount(reason) | Refused::Other(reason) => reason,
        })?;
        let certificate = Certificate::parse(pem.as_bytes(), &self.inner.provider)?;
        let (acme, name) = (self.clone(), host.to_owned());
        let kept = blocking(move || acme.inner.cache.keep_certificate(&name, &pem)).await;
        if let Err(error) = kept {
            // It is good all the same, until we are started again.
            tracing::error!(%error, host, "a certificate could not be kept");
        }
        self.install(host, certificate);
        Ok(())
    }

    async fn order(&self, host: &str) -> Result<String, Refused> {
        let account = self.account().await?;
        let identifiers = [Identifier::Dns(host.to_owned())];
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        // Ready until the order is done.
        let mut answers = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let mut challenge = challenge.ok_or_else(|| {
                Refused::Other("the authority does not offer tls-alpn-01".to_owned())
            })?;
            let digest = challenge.key_authorization().digest();
            let challenges = &self.inner.challenges;
            let answer = challenges.expect(host, digest.as_ref(), &self.inner.provider);
            answers.push(answer.map_err(Refused::Other)?);
            challenge.set_ready().await?;
        }
        match order.poll_ready(&PATIENCE).await? {
            OrderStatus::Ready => {}
            OrderStatus::Valid
            | OrderStatus::Pending
            | OrderStatus::Processing
            | OrderStatus::Invalid => return Err(Refused::Other(reasons(&mut order).await)),
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        drop(answers);
        Ok(key + &chain)
    }

    /// Our account with the authority, the one that is kept if there is one.
    async fn account(&self) -> Result<Account, Refused> {
        let acme = self.clone();
        let kept = blocking(move || acme.inner.cache.account()).await;
        let kept = kept.map_err(|error| Refused::Other(explain(&error)))?;
        let settings = &self.inner.settings;
        let kept = kept.and_then(|json| serde_json::from_slice::<Kept>(&json).ok());
        match kept.filter(|kept| kept.directory == settings.directory) {
            Some(kept) => Ok(self
                .builder()
                .await?
                .from_credentials(kept.credentials)
                .await?),
            None => Ok(self.introduce().await?),
        }
    }

    /// A new account.
    async fn introduce(&self) -> Result<Account, instant_acme::Error> {
        let settings = &self.inner.settings;
        let email = settings.email.clone().filter(|email| !email.is_empty());
        let contact = email.as_ref().map(|email| format!("mailto:{email}"));
        let contact: Vec<_> = contact.iter().map(String::as_str).collect();
        let account = NewAccount {
            contact: &contact,
            // Whoever configures an authority agrees with it (distribution: `AcceptTOS`).
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let builder = self.builder().await?;
        let (account, credentials) = builder
            .create(&account, settings.directory.clone(), None)
            .await?;
        let json = serde_json::to_vec_pretty(&Kept {
            directory: settings.directory.clone(),
            email,
            credentials,
        })?;
        let acme = self.clone();
        if let Err(error) = blocking(move || acme.inner.cache.keep_account(&json)).await {
            tracing::error!(%error, "the account with the authority could not be kept");
        }
        Ok(account)
    }

    /// A client of the authority.
    async fn builder(&self) -> Result<AccountBuilder, instant_acme::Error> {
        let trusted = self.inner.settings.trusted.clone();
        blocking(move || match trusted {
            Some(path) => Account::builder_with_root(path),
            None => Account::builder(),
        })
        .await
    }
}

/// Why there is no certificate.
enum Refused {
    /// The authority does not know our account.
    NoAccount(String),
    Other(String),
}

impl From<instant_acme::Error> for Refused {
    fn from(error: instant_acme::Error) -> Self {
        let forgotten = matches!(
            &error,
            instant_acme::Error::Api(problem)
                if problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:accountDoesNotExist")
        );
        if forgotten {
            Self::NoAccount(said(&error))
        } else {
            Self::Other(said(&error))
        }
    }
}

/// An error with all that is behind it.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// What the authority says went wrong.
async fn reasons(order: &mut Order) -> String {
    let mut reasons = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_ok() {
            let errors = authorization.challenges.iter();
            reasons.extend(errors.filter_map(|challenge| Some(said(challenge.error.as_ref()?))));
        }
    }
    if reasons.is_empty() {
        reasons.push("the authority gives no reason".to_owned());
    }
    reasons.join("; ")
}

/// For the authority to come and look, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .timeout(Duration::from_secs(120));
