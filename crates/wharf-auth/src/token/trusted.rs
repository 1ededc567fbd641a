//! The keys that tokens may be signed with, as the files have them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jsonwebtoken::Header;

use super::bundle::Certificate;
use super::chain;
use super::jwks::Entry;
use super::key::Key;

/// What is trusted.
pub(super) struct Trusted {
    /// No other has the same.
    pub(super) generation: u64,
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

    /// True when both know the same keys by the same names.
    pub(super) fn has_same_names(&self, other: &Self) -> bool {
        let thumbprints = |keys: &Vec<Arc<Key>>| {
            let each = keys.iter().map(|key| key.thumbprint.clone());
            each.collect::<Vec<_>>()
        };
        self.keys.len() == other.keys.len()
            && self.keys.iter().all(|(name, keys)| {
                let others = other.keys.get(name).map(thumbprints);
                others == Some(thumbprints(keys))
            })
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
        self.keys.get(name).cloned().ok_or(UNKNOWN)
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

impl Default for Trusted {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
            keys: HashMap::new(),
            certificates: Vec::new(),
        }
    }
}

/// Why a token is refused whose key may be known later.
pub(super) const UNKNOWN: &str = "a key that nobody trusts";
