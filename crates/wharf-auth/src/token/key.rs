//! A public key, and the names that tokens know it by.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::libtrust;
use super::numbers::{Curve, Numbers};

/// A key that signatures can be verified with.
pub(super) struct Key {
    /// Those that fit it.
    algorithms: &'static [Algorithm],
    /// For the verification.
    pub(super) decoding: DecodingKey,
    /// RFC 7638: SHA-256 of the least JWK, in base64url without padding.
    pub(super) thumbprint: String,
    /// libtrust's key id, which token servers older than the JOSE standards write.
    pub(super) fingerprint: String,
}

// === impl Key ===

impl Key {
    /// `None` if it is of a kind that is of no use here.
    pub(super) fn from_spki(spki: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        Self::new(&Numbers::from_spki(spki)?)
    }

    /// `None` if it is malformed, secret, or of a kind that is of no use here.
    pub(super) fn from_jwk(jwk: &Jwk) -> Option<Self> {
        Self::new(&Numbers::from_jwk(jwk)?)
    }

    /// From a point of P-256, uncompressed.
    pub(super) fn from_p256(point: &[u8]) -> Option<Self> {
        Self::new(&Numbers::Curve(Curve::P256, point.to_vec()))
    }

    /// Whether the algorithm is one for keys of this kind. Whoever takes the token's word for
    /// it takes a public key for an HMAC secret.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// `None` if the numbers are no key, such as a point that is not on its curve.
    fn new(numbers: &Numbers) -> Option<Self> {
        let decoding = match numbers {
            Numbers::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            Numbers::Curve(_, point) => DecodingKey::from_ec_der(point),
            Numbers::Ed25519(x) => DecodingKey::from_ed_der(x),
        };
        let thumbprint = digest(&SHA256, numbers.least_jwk().as_bytes());
        Some(Self {
            algorithms: algorithms(numbers),
            decoding,
            thumbprint: URL_SAFE_NO_PAD.encode(thumbprint),
            fingerprint: libtrust::fingerprint(numbers.to_spki()?.as_ref()),
        })
    }
}

/// RFC 7518, section 3.1, and RFC 8037. HMAC is nowhere, and neither is `none`.
const fn algorithms(numbers: &Numbers) -> &'static [Algorithm] {
    match numbers {
        Numbers::Rsa { .. } => &[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        Numbers::Curve(Curve::P256, _) => &[Algorithm::ES256],
        Numbers::Curve(Curve::P384, _) => &[Algorithm::ES384],
        Numbers::Ed25519(_) => &[Algorithm::EdDSA],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn key(jwk: Value) -> Option<Key> {
        Key::from_jwk(&serde_json::from_value(jwk).unwrap())
    }

    /// RFC 7638, section 3.1.
    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxu\
        hDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v\
        -65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdk\
        t-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    #[test]
    fn names_are_those_of_the_specifications() {
        let rsa = json!({"kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        let thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(key(rsa).unwrap().thumbprint, thumbprint);
        // The same number, written otherwise.
        let zeros = json!({"kty": "RSA", "n": N, "e": "AAEAAQ"});
        assert_eq!(key(zeros).unwrap().thumbprint, thumbprint);
        // RFC 8037, appendix A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let ed25519 = key(json!({"kty": "OKP", "crv": "Ed25519", "x": x})).unwrap();
        assert_eq!(
            ed25519.thumbprint,
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
        // What openssl, sha256sum and base32 make of it.
        let fingerprint = "A3R7:3D62:FG5W:BK2Z:KV66:MHW3:BLWN:WIYR:GS7D:BZ23:IVPY:4G3Z";
        assert_eq!(ed25519.fingerprint, fingerprint);
    }

    #[test]
    fn no_algorithm_fits_keys_of_two_kinds_and_hmac_fits_none() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let rsa = key(json!({"kty": "RSA", "n": N, "e": "AQAB"})).unwrap();
        let ed25519 = key(json!({"kty": "OKP", "crv": "Ed25519", "x": x})).unwrap();
        for (algorithm, fits_rsa, fits_ed25519) in [
            (Algorithm::HS256, false, false),
            (Algorithm::HS384, false, false),
            (Algorithm::HS512, false, false),
            (Algorithm::ES256, false, false),
            (Algorithm::ES384, false, false),
            (Algorithm::RS256, true, false),
            (Algorithm::PS512, true, false),
            (Algorithm::EdDSA, false, true),
        ] {
            assert_eq!(rsa.fits(algorithm), fits_rsa, "{algorithm:?}");
            assert_eq!(ed25519.fits(algorithm), fits_ed25519, "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_no_public_key_is_none() {
        let zeros = "A".repeat(43);
        for jwk in [
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "RSA", "n": N, "e": ""}),
            json!({"kty": "RSA", "n": N, "e": N}),
            json!({"kty": "RSA", "n": N}),
            json!({"kty": "EC", "crv": "P-256", "x": zeros, "y": zeros}),
            json!({"kty": "EC", "crv": "P-384", "x": zeros, "y": zeros}),
            json!({"kty": "EC", "crv": "secp256k1", "x": zeros, "y": zeros}),
            json!({"kty": "EC", "crv": "P-256", "x": "", "y": format!("{zeros}{zeros}")}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
            json!({"kty": "OKP", "crv": "X25519", "x": zeros}),
            json!({"kty": "new"}),
        ] {
            let jwk: Result<Jwk, _> = serde_json::from_value(jwk);
            assert!(jwk.is_err() || jwk.is_ok_and(|jwk| Key::from_jwk(&jwk).is_none()));
        }
    }
}
