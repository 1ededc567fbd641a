//! `jwks`: a set of keys in JSON (RFC 7517, section 5).

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use serde::Deserialize;

use super::key::Key;

/// A key, and the name that the set gives it.
pub(super) struct Entry {
    pub(super) kid: Option<String>,
    pub(super) key: Key,
}

/// Reads the keys that are of use; of the others the log tells (RFC 7517 wants them ignored).
pub(super) fn parse(text: &[u8]) -> Result<Vec<Entry>, &'static str> {
    let set: Set = serde_json::from_slice(text)
        .map_err(|_| r#"is no JWK set; it needs to be JSON such as {"keys": [...]}"#)?;
    Ok(set.keys.into_iter().filter_map(entry).collect())
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

fn entry(value: serde_json::Value) -> Option<Entry> {
    let kid = value.get("kid").and_then(|kid| kid.as_str());
    let kid = kid.map(str::to_owned);
    match key(value) {
        Ok(key) => Some(Entry { kid, key }),
        Err(why) => {
            tracing::warn!(kid, "a key of the JWK set is ignored: {why}");
            None
        }
    }
}

fn key(value: serde_json::Value) -> Result<Key, &'static str> {
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "it is malformed")?;
    if matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
        return Err("a secret (oct) verifies no tokens here");
    }
    // What decrypts for anybody who asks may thereby sign for anybody.
    if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
        return Err("it is for encryption");
    }
    Key::from_jwk(&jwk).ok_or("it is malformed, or of a kind of no use for tokens")
}
