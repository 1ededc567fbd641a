//! What a personal access token looks like: `wharf_0123456789ab_` and 49 letters and digits.
//!
//! The first part tells a token from a password, and lets programs that look for leaked secrets
//! find it; the second one is its id, by which it is found among all; of the third, 43 characters
//! are the secret (256 bits), and the last six a checksum, so that a typing error, or a text that
//! only looks alike, is seen without looking anything up.

use std::io;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::Secret;
use crate::credential::hex;
use crate::random::fill;

/// What may be in the place of a password.
pub(crate) enum Shown<'a> {
    /// Nothing of ours.
    Password,
    /// It looks like one of ours, and is none.
    Misspelt,
    /// One of ours, if its hash is the stored one.
    Token {
        /// By which it is found.
        id: &'a str,
        /// Of all of it.
        hash: TokenHash,
    },
}

/// SHA-256 of a token. As much as a token is random, it needs no slow hash.
#[derive(Clone, Copy)]
pub(crate) struct TokenHash([u8; 32]);

// === impl Shown ===

impl<'a> Shown<'a> {
    /// What it is, by its looks.
    pub(crate) fn parse(text: &'a str) -> Self {
        let parts = text.strip_prefix(PREFIX).and_then(|it| it.split_once('_'));
        let Some((id, rest)) = parts else {
            return Self::Password;
        };
        let looks_so = id.len() == 2 * ID_BYTES
            && id.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
            && rest.len() == SECRET_LEN + CHECK_LEN
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !looks_so {
            return Self::Password;
        }
        match text.split_at_checked(text.len() - CHECK_LEN) {
            Some((body, check)) if *checksum(body) == *check => Self::Token {
                id,
                hash: TokenHash::of(text),
            },
            Some(_) | None => Self::Misspelt,
        }
    }
}

// === impl TokenHash ===

impl TokenHash {
    fn of(text: &str) -> Self {
        let hash = digest(&SHA256, text.as_bytes());
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// As it is stored.
    pub(crate) fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// As it was stored.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether it is the same, in a time that does not tell where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

/// A new token: its id, and all of it.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn generate() -> io::Result<(String, Secret)> {
    let mut id = [0; ID_BYTES];
    fill(&mut id)?;
    let id = hex(&id);
    let mut text = Zeroizing::new(String::with_capacity(128));
    text.push_str(PREFIX);
    text.push_str(&id);
    text.push('_');
    text.push_str(&characters(SECRET_LEN)?);
    let check = checksum(&text);
    text.push_str(&check);
    Ok((id, Secret::new(text.as_str())))
}

/// The stored hash of a new token.
pub(crate) fn hash(token: &Secret) -> TokenHash {
    TokenHash::of(token.reveal())
}

/// So many letters and digits by chance, each as likely as the others.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn characters(count: usize) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(count));
    let mut random = Zeroizing::new([0_u8; 64]);
    while text.len() < count {
        fill(&mut *random)?;
        let six_bits = random.iter().map(|byte| usize::from(byte & 63));
        // 62 and 63 are thrown away.
        let characters = six_bits.filter_map(|number| ALPHABET.get(number));
        for character in characters.take(count - text.len()) {
            text.push(char::from(*character));
        }
    }
    Ok(text)
}

/// Tells nothing of the stored hash: it is of another text.
fn checksum(body: &str) -> String {
    let hash = digest(&SHA256, body.as_bytes());
    let bytes = hash.as_ref().iter().take(CHECK_LEN);
    let characters = bytes.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
    characters.map(|character| char::from(*character)).collect()
}

const PREFIX: &str = "wharf_";
/// Bytes of an id.
const ID_BYTES: usize = 6;
/// Each has 5.95 bits.
const SECRET_LEN: usize = 43;
const CHECK_LEN: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_id_and_known_by_its_hash() {
        let (id, token) = generate().unwrap();
        let stored = TokenHash::from_hex(&hash(&token).to_hex()).unwrap();
        let Shown::Token { id: shown, hash } = Shown::parse(token.reveal()) else {
            panic!("not taken for a token");
        };
        assert!(shown == id && hash.is(&stored));
        let (_, other) = generate().unwrap();
        assert!(!super::hash(&other).is(&stored));
        assert_ne!(other, token);
    }

    #[test]
    fn a_typing_error_is_seen_and_passwords_are_passwords() {
        let (_, token) = generate().unwrap();
        let text = token.reveal();
        for (number, character) in text.char_indices().skip(19) {
            let other = if character == 'x' { 'y' } else { 'x' };
            let mut misspelt = text.to_owned();
            misspelt.replace_range(number..=number, &other.to_string());
            assert!(
                matches!(Shown::parse(&misspelt), Shown::Misspelt),
                "{number}"
            );
        }
        let longer = format!("{text}x");
        for password in ["", "wharf_", "wharf_0_x", "secret", &text[1..], &longer] {
            assert!(
                matches!(Shown::parse(password), Shown::Password),
                "{password}"
            );
        }
    }

    #[test]
    fn stored_hashes_are_64_digits() {
        for text in ["", "0", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert!(TokenHash::from_hex(text).is_none(), "{text}");
        }
    }
}
