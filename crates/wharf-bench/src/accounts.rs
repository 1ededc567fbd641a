//! Somebody who may pull, for registries that let in only whom they know: a password and its
//! file, a token and the key that it is checked with.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PKCS_ED25519, SigningKey as _};
use serde_json::{Value, json};

use crate::goods::REPOSITORY;

/// Files for servers, and header fields for clients.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// What the server reads passwords from.
    pub htpasswd: PathBuf,
    /// What the server checks tokens with.
    pub jwks: PathBuf,
    /// `Authorization`, with the password; it ends in CRLF.
    pub basic: String,
    /// `Authorization`, with the token; it ends in CRLF.
    pub bearer: String,
}

/// A token's `iss`, as servers are told.
pub const ISSUER: &str = "bench";
/// A token's `aud`, as servers are told.
pub const SERVICE: &str = "registry";

// === impl Accounts ===

impl Accounts {
    /// Makes a key and a token for a day, and writes the files into this directory.
    ///
    /// # Errors
    /// Of the file system, and when there is no randomness.
    pub fn new(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let htpasswd = directory.join("htpasswd");
        std::fs::write(&htpasswd, format!("{USER}:{HASH}\n"))?;
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        let jwks = directory.join("jwks.json");
        std::fs::write(&jwks, set(&key).to_string())?;
        let password = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        Ok(Self {
            htpasswd,
            jwks,
            basic: format!("Authorization: Basic {password}\r\n"),
            bearer: format!("Authorization: Bearer {}\r\n", token(&key)?),
        })
    }
}

fn set(key: &KeyPair) -> Value {
    let public = URL_SAFE_NO_PAD.encode(key.public_key_raw());
    json!({"keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": KEY, "x": public,
    }]})
}

fn token(key: &KeyPair) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let (from, to) = (now.saturating_sub(MINUTE), now + DAY);
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": KEY});
    let claims = json!({
        "iss": ISSUER, "sub": USER, "aud": SERVICE, "jti": "1",
        "iat": from.as_secs(), "nbf": from.as_secs(), "exp": to.as_secs(),
        "access": [{"type": "repository", "name": REPOSITORY, "actions": ["pull"]}],
    });
    let [header, claims] = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}

const USER: &str = "bench";
const PASSWORD: &str = "bench-password";
/// Its bcrypt, of the cost that distribution makes passwords with.
const HASH: &str = "$2b$10$wharfwharfwharfwharfwOv99lZn2pi7YY1zHUwrU048fdz6MOeea";
/// What the key is called.
const KEY: &str = "bench";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
