//! The keys that the authorization server signs with: ES256 (RFC 7518, section 3.4), in a file
//! that several processes may change. It is looked at about every second.
//!
//! A new key is published before it signs, so that registries that fetch the keys know it in
//! time; the one before verifies until the last token that it signed has ended.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::clock::{moment, now};
use crate::private::{Kept, PrivateDirectory};
use crate::stamp::{Looked, Stamp};
use crate::{DirectoryError, Secret};

/// The keys of an authorization server.
pub struct Keys {
    directory: PrivateDirectory,
    current: Mutex<Current>,
}

/// What is told of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyStory {
    /// Its name: the thumbprint (RFC 7638).
    pub id: String,
    /// When it was made.
    pub created: SystemTime,
    /// From when on it signs, until a newer one does.
    pub signs_from: SystemTime,
    /// Until when what it has signed is taken; `None` for as long as it signs.
    pub trusted_until: Option<SystemTime>,
    /// Whether it is the one that signs now.
    pub is_signing: bool,
}

/// How a key gives way to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rotation {
    /// The new one signs after this time; the old ones are good until their last tokens, which
    /// live for `expiration`, have ended.
    Overlapping {
        /// How long the new one is published before it signs.
        lead: Duration,
        /// How long tokens are good for.
        expiration: Duration,
    },
    /// The old ones are in wrong hands: nothing that they signed is taken any more.
    Revoking,
}

/// What is known of the file.
struct Current {
    ring: Arc<Ring>,
    stamp: Option<Stamp>,
    looked: Looked,
}

/// The keys of a moment.
pub(crate) struct Ring {
    /// Of each other, different.
    pub(crate) generation: u64,
    keys: Vec<Key>,
    /// When the next one is not trusted any more.
    ends: Option<u64>,
}

pub(crate) struct Key {
    pub(crate) id: String,
    pair: EcdsaKeyPair,
    created: u64,
    signs_from: u64,
    trusted_until: Option<u64>,
}

/// As it is in the file. Moments are seconds since 1970.
#[derive(Deserialize, Serialize)]
struct StoredKey {
    kid: String,
    created: u64,
    signs_from: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trusted_until: Option<u64>,
    /// PKCS#8 in base64.
    #[serde(with = "secret")]
    private: Secret,
}

// === impl Keys ===

impl Keys {
    /// Those in this directory; makes the first one where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made.
    pub fn open(directory: &Path) -> Result<Self, DirectoryError> {
        let directory = PrivateDirectory::create(directory)?;
        let mut stamp = directory.stamp::<StoredKey>();
        let mut stored = directory.read::<StoredKey>()?;
        if stored.is_empty() {
            let lock = directory.lock()?;
            // Somebody else may have been quicker.
            stored = directory.read::<StoredKey>()?;
            if stored.is_empty() {
                stored.push(StoredKey::new(now(), Duration::ZERO)?);
                lock.write::<StoredKey>(&stored)?;
            }
            stamp = directory.stamp::<StoredKey>();
        }
        Ok(Self {
            directory,
            current: Mutex::new(Current {
                ring: Arc::new(Ring::new(&stored, now())?),
                stamp,
                looked: Looked::now(),
            }),
        })
    }

    /// Makes a new key, which takes the place of the present ones. A running server learns of
    /// it within about a second.
    ///
    /// # Errors
    /// When the file cannot be changed.
    pub fn rotate(directory: &Path, rotation: Rotation) -> Result<(), DirectoryError> {
        let directory = PrivateDirectory::create(directory)?;
        let lock = directory.lock()?;
        let mut keys = directory.read::<StoredKey>()?;
        let now = now();
        keys.retain(|key| key.trusted_until.is_none_or(|until| now < until));
        let lead = match rotation {
            Rotation::Revoking => {
                keys.clear();
                Duration::ZERO
            }
            Rotation::Overlapping { lead, expiration } => {
                let rest = lead.as_secs() + expiration.as_secs() + LEEWAY.as_secs();
                for key in &mut keys {
                    key.trusted_until.get_or_insert(now.saturating_add(rest));
                }
                lead
            }
        };
        // A key made by mistake is no way to fill memory.
        let most = keys.len().saturating_sub(MOST - 1);
        keys.drain(..most);
        keys.push(StoredKey::new(now, lead)?);
        lock.write::<StoredKey>(&keys)
    }

    /// All of them, the newest last.
    #[must_use]
    pub fn stories(&self) -> Vec<KeyStory> {
        let (ring, now) = (Arc::clone(&self.lock().ring), now());
        let signing = ring.signing(now).map(|key| key.id.clone());
        let stories = ring.keys.iter().map(|key| KeyStory {
            is_signing: signing.as_ref() == Some(&key.id),
            id: key.id.clone(),
            created: moment(key.created),
            signs_from: moment(key.signs_from),
            trusted_until: key.trusted_until.map(moment),
        });
        stories.collect()
    }

    /// The private part (PKCS#8) of each key in the file, to make certificates with.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn private_parts(&self) -> Result<Vec<Zeroizing<Vec<u8>>>, DirectoryError> {
        let stored = self.directory.read::<StoredKey>()?;
        stored.iter().map(StoredKey::decode).collect()
    }

    /// A set of the public parts (RFC 7517, section 5).
    pub async fn jwks(self: &Arc<Self>) -> Value {
        self.ring().await.jwks()
    }

    /// The keys as of a moment ago.
    pub(crate) async fn ring(self: &Arc<Self>) -> Arc<Ring> {
        let is_due = self.lock().looked.is_due();
        if is_due {
            let this = Arc::clone(self);
            _ = tokio::task::spawn_blocking(move || this.look_again()).await;
        }
        Arc::clone(&self.lock().ring)
    }

    fn look_again(&self) {
        let stamp = self.directory.stamp::<StoredKey>();
        {
            let current = self.lock();
            let has_ended = current.ring.ends.is_some_and(|ends| ends <= now());
            if current.stamp == stamp && !has_ended {
                return;
            }
        }
        let read = self.directory.read::<StoredKey>();
        let read = read.and_then(|stored| Ring::new(&stored, now()));
        let mut current = self.lock();
        // Once for each change: the log is told of a mistake, not of every second of it.
        current.stamp = stamp;
        match read {
            Ok(ring) if ring.keys.is_empty() => {
                let path = self.directory.file::<StoredKey>();
                let path = path.display();
                tracing::error!("{path} has no keys: those that were read before stay in force");
            }
            Ok(ring) => {
                tracing::info!(keys = ring.keys.len(), "the keys of tokens were read again");
                current.ring = Arc::new(ring);
            }
            Err(error) => {
                if error.may_pass() {
                    current.stamp = None;
                }
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, "the keys that were read before stay in force");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Ring ===

impl Ring {
    fn new(stored: &[StoredKey], now: u64) -> Result<Self, DirectoryError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let is_trusted = |key: &&StoredKey| key.trusted_until.is_none_or(|until| now < until);
        let keys: Result<Vec<_>, _> = stored.iter().filter(is_trusted).map(Key::new).collect();
        let keys = keys?;
        Ok(Self {
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
            ends: keys.iter().filter_map(|key| key.trusted_until).min(),
            keys,
        })
    }

    /// The newest whose time has come.
    pub(crate) fn signing(&self, now: u64) -> Option<&Key> {
        let ready = self.keys.iter().filter(|key| key.signs_from <= now);
        let newest = ready.max_by_key(|key| key.signs_from);
        newest.or_else(|| self.keys.first())
    }

    /// The public parts: points of P-256, uncompressed.
    pub(crate) fn points(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Key::point)
    }

    fn jwks(&self) -> Value {
        let keys = self.keys.iter().map(|key| {
            let (x, y) = coordinates(key.point());
            json!({
                "kty": "EC", "crv": "P-256", "x": x, "y": y,
                "kid": key.id, "alg": "ES256", "use": "sig",
            })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }
}

// === impl Key ===

impl Key {
    /// Over these bytes, as ES256 has it: two numbers of 32 bytes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, DirectoryError> {
        let signature = self.pair.sign(&SystemRandom::new(), bytes);
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| DirectoryError::Key)
    }

    fn new(stored: &StoredKey) -> Result<Self, DirectoryError> {
        let pair = pair(&stored.decode()?).ok_or_else(|| stored.damaged())?;
        Ok(Self {
            id: thumbprint(pair.public_key().as_ref()),
            pair,
            created: stored.created,
            signs_from: stored.signs_from,
            trusted_until: stored.trusted_until,
        })
    }

    fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}

// === impl StoredKey ===

impl Kept for StoredKey {
    const FILE: &'static str = "keys.json";
    type Entries = Vec<Self>;
}

impl StoredKey {
    fn new(now: u64, lead: Duration) -> Result<Self, DirectoryError> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| DirectoryError::NoRandomness)?;
        let pair = pair(document.as_ref()).ok_or(DirectoryError::Key)?;
        Ok(Self {
            kid: thumbprint(pair.public_key().as_ref()),
            created: now,
            signs_from: now.saturating_add(lead.as_secs()),
            trusted_until: None,
            private: Secret::new(STANDARD.encode(document.as_ref())),
        })
    }

    fn decode(&self) -> Result<Zeroizing<Vec<u8>>, DirectoryError> {
        let decoded = STANDARD.decode(self.private.reveal());
        decoded.map(Zeroizing::new).map_err(|_| self.damaged())
    }

    fn damaged(&self) -> DirectoryError {
        DirectoryError::Entry {
            path: Self::FILE.into(),
            entry: self.kid.clone(),
            why: "the key is damaged: take the file from a backup, or begin anew with `wharf auth \
                  rotate --revoke`"
                .to_owned(),
        }
    }
}

/// `None` for what is no key of that kind.
fn pair(pkcs8: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()
}

/// RFC 7638, section 3.
fn thumbprint(point: &[u8]) -> String {
    let (x, y) = coordinates(point);
    let least = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, least.as_bytes()))
}

/// Of a point: `4`, x and y.
fn coordinates(point: &[u8]) -> (String, String) {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

/// A secret in a file that only its owner may read.
mod secret {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.reveal())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

/// Seconds that clocks may differ by, which verifiers grant to tokens that have ended.
const LEEWAY: Duration = Duration::from_secs(60);
/// Keys at a time.
const MOST: usize = 16;
