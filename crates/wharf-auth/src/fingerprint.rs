//! What is remembered of secrets: keyed hashes. Whoever reads memory cannot try secrets against
//! them without the key, which is another one in each process.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::SystemRandom;

/// Makes them.
pub(crate) struct Fingerprints {
    /// `None` where there is no randomness: then nothing is remembered.
    key: Option<hmac::Key>,
}

/// One of them.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct Fingerprint([u8; 32]);

// === impl Fingerprints ===

impl Fingerprints {
    /// Under a new key.
    pub(crate) fn new() -> Self {
        Self {
            key: hmac::Key::generate(HMAC_SHA256, &SystemRandom::new()).ok(),
        }
    }

    /// That of all of these; `None` for what is not to be remembered.
    pub(crate) fn of(&self, parts: &[&str]) -> Option<Fingerprint> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        // Each with its length, so that nothing can move from one to the next.
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        Some(Fingerprint(tag.as_ref().try_into().ok()?))
    }
}
