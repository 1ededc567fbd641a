//! Whether what somebody logged in with still holds, when they come with a refresh token.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Account, Accounts};

/// Knows what accounts log in with.
#[async_trait]
pub trait Renewal {
    /// What tells what the account logs in with at present from anything else; no secret.
    async fn credential(&self, account: &Account) -> Option<String>;

    /// The account as it is now, if it still logs in with that.
    async fn still(&self, name: &str, credential: &str) -> Option<Arc<Account>>;
}

#[async_trait]
impl Renewal for Accounts {
    async fn credential(&self, account: &Account) -> Option<String> {
        let hash = self.stored(&account.name).await?;
        Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, hash.as_bytes())))
    }

    async fn still(&self, name: &str, credential: &str) -> Option<Arc<Account>> {
        let account = Account {
            name: name.to_owned(),
            ..Account::default()
        };
        let now = self.credential(&account).await?;
        (now == credential).then(|| Arc::new(account))
    }
}
