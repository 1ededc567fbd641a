//! A registry's side, and what it says to tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_auth::{
    Access, Action, Actions, Authorizer as _, Credentials, Refusal, Request, Resource, Secret,
    Token, TokenOptions,
};

/// What is trusted, in files.
pub(crate) struct Door {
    pub(crate) directory: TempDir,
    pub(crate) token: Token,
}

// === impl Door ===

impl Door {
    /// Trusts the certificates.
    pub(crate) fn bundle(pem: &str) -> Self {
        Self::new(Some(pem), None)
    }

    pub(crate) fn jwks(keys: &Value) -> Self {
        Self::new(None, Some(&json!({"keys": keys}).to_string()))
    }

    pub(crate) fn new(bundle: Option<&str>, jwks: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let token = Token::open(TokenOptions {
            rootcertbundle: bundle.map(|text| file("bundle.pem", text)),
            jwks: jwks.map(|text| file("jwks.json", text)),
            ..options()
        });
        Self {
            token: token.unwrap(),
            directory,
        }
    }

    /// The account, or the error of the challenge.
    pub(crate) async fn show(&self, token: &str, needs: &[Access]) -> Result<String, String> {
        let credentials = Credentials::Bearer(Secret::new(token));
        let answer = self
            .token
            .authorize(&Request::new(&credentials, needs))
            .await;
        match answer {
            Ok(identity) => Ok(identity.account),
            Err(Refusal::Challenge { challenge, .. }) => {
                let (_, error) = challenge.split_once(",error=").unwrap();
                Err(error.trim_matches('"').to_owned())
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What the log would say.
    pub(crate) async fn why(&self, token: &str) -> String {
        let credentials = Credentials::Bearer(Secret::new(token));
        match self.token.authorize(&Request::new(&credentials, &[])).await {
            Err(Refusal::Challenge { why, .. }) => why.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// For a pull of `a/b`.
    pub(crate) async fn pull(&self, token: &str) -> Result<String, String> {
        self.show(token, &[pull("a/b")]).await
    }

    pub(crate) async fn refuses(&self, token: &str) {
        assert_eq!(self.pull(token).await, Err("invalid_token".to_owned()));
    }
}

pub(crate) fn options() -> TokenOptions {
    TokenOptions {
        realm: "https://auth.example/token".to_owned(),
        service: "registry.example".to_owned(),
        issuer: "auth.example".to_owned(),
        ..TokenOptions::default()
    }
}

pub(crate) fn pull(name: &str) -> Access {
    repository(name, Action::Pull.into())
}

pub(crate) fn push(name: &str) -> Access {
    repository(name, Actions::PULL_AND_PUSH)
}

pub(crate) fn repository(name: &str, actions: Actions) -> Access {
    Access {
        resource: Resource::Repository(name.parse().unwrap()),
        actions,
    }
}

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// Of somebody who may pull `a/b`.
pub(crate) fn claims() -> Value {
    granting(&json!([{"type": "repository", "name": "a/b", "actions": ["pull"]}]))
}

pub(crate) fn granting(access: &Value) -> Value {
    json!({
        "iss": "auth.example",
        "sub": "somebody",
        "aud": "registry.example",
        "exp": now() + 300,
        "nbf": now() - 10,
        "iat": now(),
        "jti": "1",
        "access": access,
    })
}

/// The claims with another value; without that claim for `null`.
pub(crate) fn but(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}
