//! Signed URLs: whoever has one may have what is at its path, until it ends. They have the shape
//! of those that Docker Hub sends clients to:
//!
//! ```text
//! https://HOST/PATH?verify=END-SIGNATURE
//! ```
//! `END` is in seconds since 1970, in decimal digits; `SIGNATURE` is HMAC-SHA256 of `/PATH` (as
//! it stands in the URL) and `END`, one after the other, in base64url without padding. Paths end
//! in a word, so that nothing can move from the one to the other.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;

/// Signs URLs, and knows its own. Several secrets are for the time in which one takes the place
/// of another: the first one signs, and what any of them has signed is taken.
pub struct UrlKeys {
    first: hmac::Key,
    others: Vec<hmac::Key>,
}

/// Secrets cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlKeysError {
    /// There is none.
    #[error("a secret is needed")]
    None,
    /// This one, counted from 1, could be guessed.
    #[error("secret {0} has fewer than 16 characters: make one by `openssl rand -hex 32`")]
    Short(usize),
}

/// Why a URL lets nobody in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlRefusal {
    /// Nobody has signed it who may, or it has been changed since.
    #[error("the URL is not signed, or not by a secret that holds")]
    Forged,
    /// It was good, and has ended.
    #[error("the URL has ended: ask the registry for another one")]
    Expired,
}

// === impl UrlKeys ===

impl UrlKeys {
    /// The parameter of the query in which the signature stands.
    pub const PARAMETER: &str = "verify";

    /// # Errors
    /// When there is no secret, or one is too short.
    pub fn new(secrets: &[Secret]) -> Result<Self, UrlKeysError> {
        for (number, secret) in (1..).zip(secrets) {
            if secret.reveal().len() < SHORTEST {
                return Err(UrlKeysError::Short(number));
            }
        }
        let key = |secret: &Secret| hmac::Key::new(HMAC_SHA256, secret.reveal().as_bytes());
        let mut keys = secrets.iter().map(key);
        Ok(Self {
            first: keys.next().ok_or(UrlKeysError::None)?,
            others: keys.collect(),
        })
    }

    /// What a URL with this path has as its parameter, to be good until `end`.
    #[must_use]
    pub fn sign(&self, path: &str, end: SystemTime) -> String {
        let end = seconds(end);
        let tag = hmac::sign(&self.first, message(path, end).as_bytes());
        format!("{end}-{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// Whether a URL with this path and this parameter is good. It takes as long for a signature
    /// that is nearly right as for any other.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, path: &str, parameter: &str, now: SystemTime) -> Result<(), UrlRefusal> {
        let (end, signature) = parameter.split_once('-').ok_or(UrlRefusal::Forged)?;
        let digits = end;
        let end: u64 = end.parse().map_err(|_| UrlRefusal::Forged)?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| UrlRefusal::Forged)?;
        let message = message(path, end);
        let mut keys = std::iter::once(&self.first).chain(&self.others);
        let is_ours = keys.any(|key| hmac::verify(key, message.as_bytes(), &signature).is_ok());
        // `+1` and `01` are numbers too.
        if !is_ours || end.to_string() != digits {
            return Err(UrlRefusal::Forged);
        }
        if end <= seconds(now) {
            return Err(UrlRefusal::Expired);
        }
        Ok(())
    }
}

impl fmt::Debug for UrlKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlKeys")
    }
}

fn message(path: &str, end: u64) -> String {
    format!("{path}{end}")
}

/// Whole ones, since 1970.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// Bytes of a secret: 128 bits if they are random.
const SHORTEST: usize = 16;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATH: &str = "/docker/registry/v2/blobs/sha256/ab/ab12/data";

    fn keys(secrets: &[&str]) -> UrlKeys {
        let secrets: Vec<_> = secrets.iter().map(|it| Secret::new(*it)).collect();
        UrlKeys::new(&secrets).unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_signature_is_what_the_documentation_says() {
        // printf '/docker/registry/v2/blobs/sha256/ab/ab12/data1700000000' |
        //   openssl dgst -sha256 -hmac 'a secret of the edge' -binary | basenc --base64url
        let signed = keys(&["a secret of the edge"]).sign(PATH, at(1_700_000_000));
        assert_eq!(
            signed,
            "1700000000-mt5PF5_fxoAwnF2c8rYJvz0u9nSVbjIFUOL_qTvURXg"
        );
    }

    #[test]
    fn a_url_is_good_until_its_end() {
        let keys = keys(&["a secret of the edge"]);
        let signed = keys.sign(PATH, at(1000));
        for (now, verified) in [
            (0, Ok(())),
            (999, Ok(())),
            (1000, Err(UrlRefusal::Expired)),
            (5000, Err(UrlRefusal::Expired)),
        ] {
            assert_eq!(keys.verify(PATH, &signed, at(now)), verified, "{now}");
        }
    }

    #[test]
    fn attack_a_url_that_was_changed_is_good_for_nothing() {
        let keys = keys(&["a secret of the edge"]);
        let signed = keys.sign(PATH, at(1000));
        let (_, tag) = signed.split_once('-').unwrap();
        let other = PATH.replace("ab12", "ab13");
        let forged = |path: &str, parameter: &str| {
            assert_eq!(
                keys.verify(path, parameter, at(1)),
                Err(UrlRefusal::Forged),
                "{path} {parameter}"
            );
        };
        forged(&other, &signed);
        forged(&format!("{PATH}/"), &signed);
        forged(&format!("{PATH}1"), &format!("000-{tag}"));
        let mut last = tag.chars();
        let last = last.next_back().unwrap();
        for parameter in [
            "",
            "-",
            "1000",
            "1000-",
            tag,
            &format!("2000-{tag}"),
            &format!("+1000-{tag}"),
            &format!("01000-{tag}"),
            &format!(" 1000-{tag}"),
            &format!("1000-{tag}="),
            &format!("1000-{tag}A"),
            &format!("1000-{}", tag.trim_end_matches(last)),
            &format!("99999999999999999999999-{tag}"),
            &format!("-1-{tag}"),
            &format!("1000-{}", "A".repeat(43)),
            &format!("1000-{}", "é".repeat(20)),
        ] {
            forged(PATH, parameter);
        }
        // One bit of the signature.
        let mut bytes = URL_SAFE_NO_PAD.decode(tag).unwrap();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            forged(PATH, &format!("1000-{}", URL_SAFE_NO_PAD.encode(&bytes)));
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(keys.verify(PATH, &signed, at(1)), Ok(()));
    }

    #[test]
    fn one_secret_takes_the_place_of_another() {
        let (old, new) = (keys(&["the old secret: 1"]), keys(&["the new secret: 2"]));
        let both = keys(&["the new secret: 2", "the old secret: 1"]);
        let (by_old, by_both) = (old.sign(PATH, at(1000)), both.sign(PATH, at(1000)));
        assert_eq!(both.verify(PATH, &by_old, at(1)), Ok(()));
        assert_eq!(both.verify(PATH, &by_both, at(1)), Ok(()));
        assert_eq!(new.verify(PATH, &by_both, at(1)), Ok(()));
        assert_eq!(new.verify(PATH, &by_old, at(1)), Err(UrlRefusal::Forged));
    }

    #[test]
    fn secrets_that_could_be_guessed_are_refused() {
        let refused = |secrets: &[&str]| {
            let secrets: Vec<_> = secrets.iter().map(|it| Secret::new(*it)).collect();
            UrlKeys::new(&secrets).err()
        };
        assert_eq!(refused(&[]), Some(UrlKeysError::None));
        assert_eq!(refused(&["fifteen bytes.."]), Some(UrlKeysError::Short(1)));
        assert_eq!(
            refused(&["sixteen bytes...", ""]),
            Some(UrlKeysError::Short(2))
        );
        assert_eq!(refused(&["sixteen bytes..."]), None);
    }
}
