//! What a public key consists of, the same however it was written: thus one key has one name.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_SIG_ED25519,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The numbers of a key.
pub(super) enum Numbers {
    /// Modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point: `4`, x and y.
    Curve(Curve, Vec<u8>),
    /// A point in its one form.
    Ed25519(Vec<u8>),
}

/// NIST's curves that the library verifies with.
#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
}

// === impl Numbers ===

impl Numbers {
    /// From a certificate (RFC 5280, section 4.1.2.7; RFC 8410).
    pub(super) fn from_spki(spki: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let kind = &spki.algorithm.algorithm;
        let bits = &*spki.subject_public_key.data;
        if *kind == OID_PKCS1_RSAENCRYPTION {
            let Ok(PublicKey::RSA(rsa)) = spki.parsed() else {
                return None;
            };
            Self::rsa(rsa.modulus, rsa.exponent)
        } else if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY {
            let name = spki.algorithm.parameters.as_ref()?.as_oid().ok()?;
            let curves = [(OID_EC_P256, Curve::P256), (OID_NIST_EC_P384, Curve::P384)];
            let curve = curves.into_iter().find(|(known, _)| *known == name);
            Self::curve(curve?.1, bits.to_vec())
        } else if *kind == OID_SIG_ED25519 {
            Self::ed25519(bits.to_vec())
        } else {
            None
        }
    }

    /// From a JWK (RFC 7517; RFC 7518, part 6; RFC 8037).
    pub(super) fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let decode = |text: &String| URL_SAFE_NO_PAD.decode(text).ok();
        match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => Self::rsa(&decode(&rsa.n)?, &decode(&rsa.e)?),
            AlgorithmParameters::EllipticCurve(key) => {
                let curve = match key.curve {
                    EllipticCurve::P256 => Curve::P256,
                    EllipticCurve::P384 => Curve::P384,
                    // The library's list is open.
                    _ => return None,
                };
                let (x, y) = (decode(&key.x)?, decode(&key.y)?);
                // Else digits could move from one to the other.
                let is_even = x.len() == y.len();
                is_even.then(|| Self::curve(curve, [&[UNCOMPRESSED], &*x, &y].concat()))?
            }
            AlgorithmParameters::OctetKeyPair(pair) => {
                let is_ed25519 = pair.curve == EllipticCurve::Ed25519;
                is_ed25519.then(|| Self::ed25519(decode(&pair.x)?))?
            }
            // `oct` is a secret that the token server would have to share; the rest is unknown.
            _ => None,
        }
    }

    /// RFC 7638, section 3.2: only what is required, in the order of its names.
    pub(super) fn least_jwk(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n))
            }
            Self::Curve(curve, point) => {
                let coordinates = point.get(1..).unwrap_or_default();
                let half = curve.coordinate().min(coordinates.len());
                let (x, y) = coordinates.split_at(half);
                let (name, x, y) = (curve.name(), encode(x), encode(y));
                format!(r#"{{"crv":"{name}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Self::Ed25519(x) => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x))
            }
        }
    }

    /// `None` if the numbers are no key, such as a point that is not on its curve.
    pub(super) fn to_spki(&self) -> Option<PublicKeyX509Der<'static>> {
        let parse = |algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]| {
            ParsedPublicKey::new(algorithm, bytes).ok()
        };
        let parsed = match self {
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
                .ok(),
            Self::Curve(Curve::P256, point) => parse(&ECDSA_P256_SHA256_FIXED, point),
            Self::Curve(Curve::P384, point) => parse(&ECDSA_P384_SHA384_FIXED, point),
            Self::Ed25519(x) => parse(&ED25519, x),
        };
        parsed?.as_der().ok()
    }

    fn rsa(n: &[u8], e: &[u8]) -> Option<Self> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        // What the verification takes; a larger exponent would only cost time.
        let is_usable = (256..=1024).contains(&n.len()) && (1..=4).contains(&e.len());
        is_usable.then_some(Self::Rsa { n, e })
    }

    fn curve(curve: Curve, point: Vec<u8>) -> Option<Self> {
        let is_whole = point.first() == Some(&UNCOMPRESSED);
        let is_usable = is_whole && point.len() == 1 + 2 * curve.coordinate();
        is_usable.then_some(Self::Curve(curve, point))
    }

    fn ed25519(x: Vec<u8>) -> Option<Self> {
        (x.len() == 32).then_some(Self::Ed25519(x))
    }
}

// === impl Curve ===

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// The bytes of a coordinate.
    const fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

fn without_zeros(number: &[u8]) -> Vec<u8> {
    let digits = number.iter().skip_while(|byte| **byte == 0);
    digits.copied().collect()
}

/// The first byte of a point with both of its coordinates.
const UNCOMPRESSED: u8 = 4;
