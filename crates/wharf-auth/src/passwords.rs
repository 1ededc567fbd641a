//! Names and passwords with each request: no token, no second server, and yet rules.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Account, Accounts, Authorizer, Credentials, Decision, Identity, Refusal, Request, SharedRules,
    Subject, Unknown,
};

/// Lets in whoever has an account, to what the rules allow; and those without one, where the
/// rules allow it to everybody.
pub struct Passwords {
    realm: String,
    accounts: Arc<Accounts>,
    rules: SharedRules,
}

// === impl Passwords ===

impl Passwords {
    /// What a client is told to log in to, who is known, and what they may do.
    #[must_use]
    pub fn new(
        realm: impl Into<String>,
        accounts: Arc<Accounts>,
        rules: impl Into<SharedRules>,
    ) -> Self {
        Self {
            realm: realm.into(),
            accounts,
            rules: rules.into(),
        }
    }

    /// `None` for whoever does not say who they are.
    async fn account(&self, request: &Request<'_>) -> Result<Option<Arc<Account>>, Refusal> {
        let basic = match request.credentials {
            Credentials::None => return Ok(None),
            Credentials::Basic(basic) if basic.is_empty() => return Ok(None),
            Credentials::Basic(basic) => basic,
            Credentials::Bearer(_) | Credentials::Other => {
                return Err(Refusal::basic(&self.realm, "no name and password"));
            }
        };
        match self.accounts.check(basic, request.address).await {
            Ok(account) => Ok(Some(account)),
            Err(Unknown::Wrong) => Err(Refusal::basic(&self.realm, "wrong name or password")),
            Err(Unknown::Throttled(wait)) => Err(Refusal::Throttled(wait)),
            Err(Unknown::Busy) => Err(Refusal::Busy),
            Err(Unknown::Unavailable) => Err(Refusal::Unavailable),
        }
    }
}

#[async_trait]
impl Authorizer for Passwords {
    async fn authorize(&self, request: &Request<'_>) -> Result<Identity, Refusal> {
        let account = self.account(request).await?;
        let subject = Subject {
            account: account.as_deref(),
            address: request.address,
        };
        // Whoever only knocks wants to know whether their password is right.
        let knocks = account.is_none() && request.needs.is_empty();
        let rules = self.rules.current();
        match rules.objection(&subject, request.needs) {
            None if !knocks => Ok(Identity {
                because: request
                    .is_explained
                    .then(|| rules.grounds(&subject, request.needs)),
                account: account
                    .as_ref()
                    .map(|account| account.name.clone())
                    .unwrap_or_default(),
                pulls: None,
            }),
            Some(decision) if account.is_some() => Err(Refusal::Denied(decision)),
            Some(Decision { because, .. }) => {
                let why = format!("no name and password, and to strangers: {because}");
                Err(Refusal::basic(&self.realm, why))
            }
            None => Err(Refusal::basic(&self.realm, "no name and password")),
        }
    }
}
