//! The keys that tokens may be signed with, as the files have them.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::Header;

use super::bundle::Certificate;
use super::chain;
use super::jwks::Entry;
use super::key::Key;

/// What is trusted.
#[derive(Default)]
pub(super) struct Trusted {
    /// By each of their names. Several may have the same, since a JWK set calls them as it
    /// likes.
    keys: HashMap<String, Vec<Arc<Key>>>,
    certificates: Vec<Certificate>,
}

// === impl Trusted ===

impl Trusted {
    pub(super) fn new(mut certificates: Vec<Certificate>, entries: Vec<Entry>) -> Self {
        let mut trusted = Self::default();
        for certificate in &mut certificates {
            if let Some(key) = certificate.key.take() {
                trusted.insert(key, None);
            }
        }
        for entry in entries {
            trusted.insert(entry.key, entry.kid);
        }
        trusted.certificates = certificates;
        trusted
    }

    /// True when no token can be right.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.certificates.is_empty()
    }

    /// The keys that the token may be signed with, by what its header says: a chain of
    /// certificates before a key before a name. What comes first decides alone, so that nothing
    /// that is wrong is made good by something else.
    // distribution: registry/auth/token/token.go, Token.VerifySigningKey
    pub(super) fn keys(&self, header: &Header) -> Result<Vec<Arc<Key>>, &'static str> {
        if let Some(x5c) = &header.x5c {
            return chain::leaf(x5c, &self.certificates).map(|key| vec![Arc::new(key)]);
        }
        // The key itself, by its own name, and not whatever a JWK set may call so; libtrust's
        // name for it would find the same.
        if let Some(jwk) = &header.jwk {
            let key = Key::from_jwk(jwk).ok_or("a key that is malformed or of no use")?;
            let mut keys = self.named(&key.thumbprint)?;
            keys.retain(|trusted| trusted.thumbprint == key.thumbprint);
            return Ok(keys);
        }
        self.named(header.kid.as_deref().ok_or("a token that names no key")?)
    }

    fn named(&self, name: &str) -> Result<Vec<Arc<Key>>, &'static str> {
        self.keys
            .get(name)
            .cloned()
            .ok_or("a key that nobody trusts")
    }

    fn insert(&mut self, key: Key, kid: Option<String>) {
        let key = Arc::new(key);
        let mut names = vec![key.thumbprint.clone(), key.fingerprint.clone()];
        names.extend(kid);
        for name in names {
            let keys = self.keys.entry(name).or_default();
            if keys.iter().all(|known| known.thumbprint != key.thumbprint) {
                keys.push(Arc::clone(&key));
            }
        }
    }
}
