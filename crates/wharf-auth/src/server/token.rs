//! What a token says: the claims of Docker Hub's (RFC 7519; distribution:
//! docs/content/spec/auth/jwt.md).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::keys::Key;
use crate::{Action, DirectoryError, PullLimit, Scope, Secret};

/// What a token claims. Moments are seconds since 1970.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    pub(super) access: Vec<Granted>,
    pub(super) aud: &'a str,
    pub(super) exp: u64,
    pub(super) iat: u64,
    pub(super) iss: &'a str,
    pub(super) jti: String,
    pub(super) nbf: u64,
    pub(super) sub: &'a str,
}

/// What may be done with one resource.
#[derive(Serialize)]
pub(super) struct Granted {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    name: String,
    actions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Parameters>,
}

/// As Docker Hub writes them: numbers as texts, the interval in seconds.
#[derive(Serialize)]
struct Parameters {
    pull_limit: String,
    pull_limit_interval: String,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

// === impl Claims ===

impl Claims<'_> {
    /// The token, signed with this key.
    pub(super) fn sign(&self, key: &Key) -> Result<Secret, DirectoryError> {
        let header = Header {
            alg: "ES256",
            typ: "JWT",
            kid: &key.id,
        };
        let mut token = encode(&header)?;
        token.push('.');
        token.push_str(&encode(self)?);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(Secret::new(token))
    }
}

// === impl Granted ===

impl Granted {
    pub(super) fn new(scope: &Scope, limit: Option<PullLimit>) -> Self {
        let resource = &scope.access.resource;
        let parameters = limit.map(|limit| Parameters {
            pull_limit: limit.pulls.to_string(),
            pull_limit_interval: limit.interval.as_secs().to_string(),
        });
        Self {
            kind: resource.kind(),
            class: scope.class.clone(),
            name: resource.name().to_owned(),
            actions: scope.access.actions.iter().map(Action::as_str).collect(),
            parameters,
        }
    }
}

fn encode(part: &impl Serialize) -> Result<String, DirectoryError> {
    // Texts and numbers can always be written.
    let text = serde_json::to_vec(part).map_err(|_| DirectoryError::Key)?;
    Ok(URL_SAFE_NO_PAD.encode(text))
}
