//! Keys of every kind, and tokens signed with them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData as _,
};
use serde_json::{Value, json};

use super::fixtures::Door;

/// A private key, and a certificate that it signed itself.
pub(crate) struct Signer {
    pub(crate) algorithm: Algorithm,
    pub(crate) certificate: CertifiedIssuer<'static, KeyPair>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

// === impl Kind ===

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Rsa, Self::P256, Self::P384, Self::Ed25519];

    pub(crate) fn pair(self) -> KeyPair {
        KeyPair::generate_for(match self {
            Self::Rsa => &rcgen::PKCS_RSA_SHA256,
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Ed25519 => &rcgen::PKCS_ED25519,
        })
        .unwrap()
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::RS256,
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
            Self::Ed25519 => Algorithm::EdDSA,
        }
    }
}

// === impl Signer ===

impl Signer {
    pub(crate) fn new(kind: Kind) -> Self {
        Self::with(kind, params("signer"))
    }

    pub(crate) fn with(kind: Kind, params: CertificateParams) -> Self {
        Self {
            algorithm: kind.algorithm(),
            certificate: CertifiedIssuer::self_signed(params, kind.pair()).unwrap(),
        }
    }

    /// An authority, which may also sign certificates.
    pub(crate) fn authority(kind: Kind) -> Self {
        Self::with(kind, authority("authority"))
    }

    /// Signed by this one.
    pub(crate) fn issue(&self, kind: Kind, params: CertificateParams) -> Self {
        let certificate = CertifiedIssuer::signed_by(params, kind.pair(), &self.certificate);
        Self {
            algorithm: kind.algorithm(),
            certificate: certificate.unwrap(),
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn x5c(&self) -> String {
        STANDARD.encode(self.certificate.der())
    }

    pub(crate) fn jwk(&self) -> Value {
        serde_json::to_value(self.library_jwk()).unwrap()
    }

    fn library_jwk(&self) -> Jwk {
        let public = self.certificate.key().der_bytes();
        let key = match self.algorithm {
            Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_der(public),
            Algorithm::EdDSA => DecodingKey::from_ed_der(public),
            _ => DecodingKey::from_rsa_der(public),
        };
        Jwk::from_decoding_key(&key, None).unwrap()
    }

    /// As the library sees it, and not as the code that is tested.
    pub(crate) fn thumbprint(&self) -> String {
        let hash = jsonwebtoken::jwk::ThumbprintHash::SHA256;
        self.library_jwk().thumbprint(hash).unwrap()
    }

    /// As libtrust does it, bit by bit.
    pub(crate) fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.spki());
        let bits: String = hash.as_ref()[..30]
            .iter()
            .map(|byte| format!("{byte:08b}"))
            .collect();
        let digits: Vec<_> = (0..48)
            .map(|place| u8::from_str_radix(&bits[place * 5..][..5], 2).unwrap())
            .map(|value| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(value)]))
            .collect();
        let groups: Vec<String> = digits
            .chunks(4)
            .map(|group| group.iter().collect())
            .collect();
        groups.join(":")
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.certificate.key().subject_public_key_info()
    }

    /// A token with that header, to which `alg` is added, and those claims.
    pub(crate) fn sign(&self, header: Value, claims: &Value) -> String {
        self.sign_as(self.algorithm, header, claims)
    }

    pub(crate) fn sign_as(&self, algorithm: Algorithm, header: Value, claims: &Value) -> String {
        self.finish(algorithm, header, &claims.to_string())
    }

    /// Of claims that are not as they should be.
    pub(crate) fn sign_text(&self, header: Value, claims: &str) -> String {
        self.finish(self.algorithm, header, claims)
    }

    fn finish(&self, algorithm: Algorithm, mut header: Value, claims: &str) -> String {
        header["alg"] = json!(algorithm);
        let message = parts(&header, claims);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.encoding(), algorithm);
        format!("{message}.{}", signature.unwrap())
    }

    fn encoding(&self) -> EncodingKey {
        let der = self.certificate.key().serialize_der();
        match self.algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_der(&der),
            Algorithm::EdDSA => EncodingKey::from_ed_der(&der),
            // PKCS #8 of 2048 bits has 26 bytes around PKCS #1, which is what the library takes.
            _ => EncodingKey::from_rsa_der(&der[26..]),
        }
    }
}

pub(crate) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// Header and claims, without a signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    parts(header, &claims.to_string())
}

fn parts(header: &Value, claims: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims))
}

/// A key, and a door that trusts it.
pub(crate) fn trusted(kind: Kind) -> (Signer, Door) {
    let signer = Signer::new(kind);
    let door = Door::bundle(&signer.pem());
    (signer, door)
}
