//! The key ids of libtrust, Docker's library of before there were thumbprints.
// docker/libtrust: util.go, keyIDFromCryptoKey

use aws_lc_rs::digest::{SHA256, digest};

/// `ABCD:EFGH:…`: SHA-256 of the `SubjectPublicKeyInfo`, of which 30 bytes, in base32, in 12
/// groups of 4.
pub(super) fn fingerprint(spki: &[u8]) -> String {
    let hash = digest(&SHA256, spki);
    let thirty = hash.as_ref().get(..30).unwrap_or_default();
    let mut fingerprint = String::with_capacity(12 * 5);
    for (number, character) in base32(thirty).enumerate() {
        if number > 0 && number % 4 == 0 {
            fingerprint.push(':');
        }
        fingerprint.push(character);
    }
    fingerprint
}

/// RFC 4648, section 6, of as many bytes as need no padding: each 5 are 8 digits.
fn base32(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.chunks_exact(5).flat_map(|five| {
        let bits = five
            .iter()
            .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |place| digit(bits >> (5 * place)))
    })
}

/// The digit that the last five bits are.
fn digit(bits: u64) -> char {
    match (bits & 31) as u8 {
        letter @ 0..26 => char::from(b'A' + letter),
        number => char::from(b'2' + (number - 26)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_rfc_4648() {
        let encode = |text: &str| base32(text.as_bytes()).collect::<String>();
        assert_eq!(encode("fooba"), "MZXW6YTB");
        assert_eq!(encode("foobafooba"), "MZXW6YTBMZXW6YTB");
        assert_eq!(encode("\0\0\0\0\0"), "AAAAAAAA");
    }

    #[test]
    fn a_fingerprint_has_twelve_groups_of_four() {
        let fingerprint = fingerprint(b"key");
        let groups: Vec<_> = fingerprint.split(':').collect();
        assert_eq!(groups.len(), 12);
        assert!(groups.iter().all(|group| group.len() == 4));
    }
}
