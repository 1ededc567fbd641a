//! Passwords of users, as they are stored: argon2id (RFC 9106) in the form of the PHC strings.

use std::fmt;

use argon2::password_hash::phc;
use argon2::password_hash::{CustomizedPasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, Params};
use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::personal::Shown;

/// A password's hash.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

/// Nobody may have that password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// It is guessed too soon.
    #[error(
        "a password has at least {} characters: take a longer one, or let one be generated",
        PasswordHash::SHORTEST
    )]
    TooShort,
    /// It is longer than is ever looked at.
    #[error("a password has at most {} bytes", PasswordHash::LONGEST)]
    TooLong,
    /// It cannot be typed again.
    #[error("a password has no control characters, such as line breaks")]
    Control,
    /// It would be taken for something else.
    #[error("that is a personal access token: no password looks like one")]
    Token,
    /// The library refuses.
    #[error("the password cannot be hashed")]
    Hash,
}

/// How much work a hash is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Cost {
    memory: u32,
    times: u32,
    lanes: u32,
}

// === impl PasswordHash ===

impl PasswordHash {
    /// Characters of the shortest password.
    pub const SHORTEST: usize = 8;
    /// Bytes of the longest password.
    pub const LONGEST: usize = 4096;

    /// Hashes a password with the first of OWASP's parameters: 19 MiB, twice, one lane.
    ///
    /// # Errors
    /// When it is none.
    // cheatsheetseries.owasp.org, Password Storage, Argon2id
    pub fn of(password: &Secret) -> Result<Self, PasswordError> {
        let text = password.reveal();
        if text.chars().count() < Self::SHORTEST {
            return Err(PasswordError::TooShort);
        }
        if text.len() > Self::LONGEST {
            return Err(PasswordError::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(PasswordError::Control);
        }
        if !matches!(Shown::parse(text), Shown::Password) {
            return Err(PasswordError::Token);
        }
        let salt = crate::personal::characters(22).map_err(|_| PasswordError::Hash)?;
        let cost = Cost {
            memory: 19_456,
            times: 2,
            lanes: 1,
        };
        let hash = cost.hash(text, salt.as_bytes());
        hash.map(|hash| Self(hash.to_string()))
            .ok_or(PasswordError::Hash)
    }

    /// A password by chance, of 24 letters and digits: 142 bits.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Secret, PasswordError> {
        let characters = crate::personal::characters(24).map_err(|_| PasswordError::Hash)?;
        Ok(Secret::new(characters.as_str()))
    }

    /// As it is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of this password. It takes long, on purpose.
    pub(super) fn matches(&self, password: &Secret) -> bool {
        let Ok(hash) = phc::PasswordHash::new(&self.0) else {
            return false;
        };
        let is_bounded = Cost::of(&hash).is_some();
        let verified = Argon2::default().verify_password(password.reveal().as_bytes(), &hash);
        is_bounded && verified.is_ok()
    }

    /// `None` for what is no hash, or one that takes far too long.
    pub(super) fn cost(&self) -> Option<Cost> {
        Cost::of(&phc::PasswordHash::new(&self.0).ok()?)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

// === impl Cost ===

impl Cost {
    fn of(hash: &phc::PasswordHash) -> Option<Self> {
        let is_ours = hash.algorithm.as_str() == "argon2id" && hash.hash.is_some();
        let params = Params::try_from(hash).ok().filter(|_| is_ours)?;
        let cost = Self {
            memory: params.m_cost(),
            times: params.t_cost(),
            lanes: params.p_cost(),
        };
        let is_bounded = cost.memory <= MOST_MEMORY && cost.times <= MOST_TIMES;
        (is_bounded && cost.lanes <= MOST_LANES).then_some(cost)
    }

    /// Takes as long as to compare a password with a hash of this cost.
    pub(super) fn spend(self, password: &Secret) {
        std::hint::black_box(
            self.hash(password.reveal(), b"nobody has this salt")
                .is_some(),
        );
    }

    fn hash(self, password: &str, salt: &[u8]) -> Option<phc::PasswordHash> {
        let params = Params::new(self.memory, self.times, self.lanes, None).ok()?;
        let hash = Argon2::default().hash_password_with_params(password.as_bytes(), salt, params);
        hash.ok()
    }
}

/// KiB, passes and lanes of the most expensive hash that is looked at: somebody's mistake.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_TIMES: u32 = 32;
const MOST_LANES: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_hash_and_no_other() {
        let hash = PasswordHash::of(&Secret::new("correct horse")).unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.0
        );
        assert!(hash.matches(&Secret::new("correct horse")));
        assert!(!hash.matches(&Secret::new("correct horsf")));
        assert_ne!(
            hash,
            PasswordHash::of(&Secret::new("correct horse")).unwrap()
        );
        assert_eq!(format!("{hash:?}"), "PasswordHash");
    }

    #[test]
    fn what_is_no_password_is_refused_with_the_reason() {
        let (_, token) = crate::personal::generate().unwrap();
        for (password, why) in [
            ("", PasswordError::TooShort),
            ("1234567", PasswordError::TooShort),
            ("12345678\n", PasswordError::Control),
            (
                &"x".repeat(PasswordHash::LONGEST + 1),
                PasswordError::TooLong,
            ),
            (token.reveal(), PasswordError::Token),
        ] {
            assert_eq!(PasswordHash::of(&Secret::new(password)), Err(why));
        }
    }

    #[test]
    fn hashes_that_take_far_too_long_match_nothing() {
        let rest = "c2FsdHNhbHRzYWx0$ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk";
        for (start, is_usable) in [
            ("$argon2id$v=19$m=64,t=1,p=1", true),
            ("$argon2id$v=19$m=4194304,t=1,p=1", false),
            ("$argon2id$v=19$m=64,t=4000000000,p=1", false),
            ("$argon2i$v=19$m=64,t=1,p=1", false),
            ("$scrypt$ln=1,r=1,p=1", false),
        ] {
            let hash = PasswordHash(format!("{start}${rest}"));
            assert_eq!(hash.cost().is_some(), is_usable, "{start}");
        }
        assert!(PasswordHash("x".to_owned()).cost().is_none());
    }
}
