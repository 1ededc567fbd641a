//! `auth.silly`: whoever says anything is somebody. For tests of clients.
// distribution: registry/auth/silly/access.go

use async_trait::async_trait;

use crate::refusal::quoted;
use crate::{Access, Authorizer, Credentials, Identity, Refusal, Request};

/// Lets in whoever shows anything at all.
#[derive(Clone, Debug)]
pub struct Silly {
    realm: String,
    service: String,
}

// === impl Silly ===

impl Silly {
    /// What clients are told to log in to, and for which service.
    #[must_use]
    pub fn new(realm: impl Into<String>, service: impl Into<String>) -> Self {
        Self {
            realm: realm.into(),
            service: service.into(),
        }
    }
}

#[async_trait]
impl Authorizer for Silly {
    async fn authorize(&self, request: &Request<'_>) -> Result<Identity, Refusal> {
        match request.credentials {
            Credentials::Basic(_) | Credentials::Bearer(_) | Credentials::Other => Ok(Identity {
                account: "silly".to_owned(),
                pulls: None,
                because: request
                    .is_explained
                    .then(|| "auth.silly lets everybody in".to_owned()),
            }),
            Credentials::None => {
                let mut challenge = format!(
                    "Bearer realm={},service={}",
                    quoted(&self.realm),
                    quoted(&self.service)
                );
                let scopes = scopes(request.needs);
                if !scopes.is_empty() {
                    challenge.push_str(&format!(",scope={}", quoted(&scopes.join(" "))));
                }
                Err(Refusal::Challenge {
                    challenge,
                    why: "no credentials".into(),
                    account: None,
                })
            }
        }
    }
}

/// One scope for each action, unlike a token server's.
fn scopes(needs: &[Access]) -> Vec<String> {
    let scopes = needs.iter().flat_map(|access| {
        let actions = access.actions.iter();
        actions.map(move |action| format!("{}:{action}", access.resource))
    });
    scopes.collect()
}
