//! URLs that CloudFront takes: signed with a canned policy, which says nothing but when a URL
//! ends. See "Create a signed URL using a canned policy" in CloudFront's developer guide.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use zeroize::Zeroizing;

/// A private key, and what CloudFront calls its public half.
pub(super) struct Signer {
    key: RsaKeyPair,
    key_pair: String,
}

// === impl Signer ===

impl Signer {
    /// The key in this file: PEM of PKCS#1, as Amazon hands it out, or of PKCS#8.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn read(file: &Path, key_pair: String) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "not of the store")]
        let text = std::fs::read(file).map(Zeroizing::new);
        let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let unusable = |why: String| format!("{}: {why}", file.display());
        Self::new(&text, key_pair).map_err(unusable)
    }

    fn new(pem: &[u8], key_pair: String) -> Result<Self, String> {
        let der = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|error| format!("no private key of RSA as PEM: {error}"))?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err("a private key of RSA is expected".to_owned()),
        };
        let key = key
            .map_err(|error| format!("a private key of RSA of 2048 bits is expected ({error})"))?;
        Ok(Self { key, key_pair })
    }

    /// The URL with what lets its bearer in until `end`.
    ///
    /// # Errors
    /// When the key does not sign.
    pub(super) fn sign(&self, url: &str, end: SystemTime) -> io::Result<String> {
        let end = end.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        let end = end.as_secs();
        let policy = policy(url, end);
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                // CloudFront takes SHA-1 where a URL names no hash, as distribution's do; this
                // library does not sign with it.
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                policy.as_bytes(),
                &mut signature,
            )
            .map_err(io::Error::other)?;
        let signature = for_url(&STANDARD.encode(signature));
        let key_pair = &self.key_pair;
        Ok(format!(
            "{url}?Expires={end}&Signature={signature}&Key-Pair-Id={key_pair}\
             &Hash-Algorithm=SHA256"
        ))
    }
}

/// CloudFront makes the same text of the URL that it is asked for, byte by byte.
fn policy(url: &str, end: u64) -> String {
    let url = json!(url);
    format!(
        "{{\"Statement\":[{{\"Resource\":{url},\"Condition\":{{\"DateLessThan\":\
         {{\"AWS:EpochTime\":{end}}}}}}}]}}"
    )
}

/// CloudFront's own alphabet of Base64.
fn for_url(base64: &str) -> String {
    let replaced = base64.chars().map(|character| match character {
        '+' => '-',
        '=' => '_',
        '/' => '~',
        other => other,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_policy_is_the_one_that_cloudfront_makes() {
        assert_eq!(
            policy("https://d1.cloudfront.net/a/data", 1_767_290_400),
            r#"{"Statement":[{"Resource":"https://d1.cloudfront.net/a/data","Condition":{"DateLessThan":{"AWS:EpochTime":1767290400}}}]}"#
        );
    }

    #[test]
    fn a_signature_has_nothing_in_it_that_a_query_cannot_have() {
        assert_eq!(for_url("a+b/c=="), "a-b~c__");
    }

    #[test]
    fn a_key_of_pkcs8_signs_what_its_public_half_verifies() {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        let signer = Signer::new(pem.as_bytes(), "K1".to_owned()).unwrap();
        let url = "https://a.test/b";
        let signed = signer
            .sign(url, UNIX_EPOCH + Duration::from_secs(99))
            .unwrap();
        let rest = signed
            .strip_prefix("https://a.test/b?Expires=99&Signature=")
            .unwrap();
        let signature = rest
            .strip_suffix("&Key-Pair-Id=K1&Hash-Algorithm=SHA256")
            .unwrap();
        let signature = signature
            .replace('-', "+")
            .replace('_', "=")
            .replace('~', "/");
        let signature = STANDARD.decode(signature).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        let verify = |end| public.verify(policy(url, end).as_bytes(), &signature);
        assert!(verify(99).is_ok());
        assert!(verify(100).is_err());
    }

    #[test]
    fn what_is_no_key_is_told_without_what_it_is() {
        let ecdsa = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for text in [
            "",
            "secret",
            "-----BEGIN RSA PRIVATE KEY-----\nsecret",
            &ecdsa,
        ] {
            let why = Signer::new(text.as_bytes(), "K1".to_owned()).err().unwrap();
            assert!(why.contains("private key of RSA"), "{why}");
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
