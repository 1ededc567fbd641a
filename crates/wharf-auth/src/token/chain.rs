//! `x5c`: a chain of certificates in a token's header (RFC 7515, section 4.1.6).

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_parser::time::ASN1Time;

use super::bundle::Certificate;
use super::key::Key;

/// The key of the first certificate, if that one is in the bundle, or the others lead from it
/// to an authority that is. All dates must hold, unlike those of certificates whose keys are
/// trusted by name.
// distribution: registry/auth/token/token.go, verifyCertChain
pub(super) fn leaf(chain: &[String], bundle: &[Certificate]) -> Result<Key, &'static str> {
    if chain.len() > LONGEST {
        return Err("more certificates than a chain needs");
    }
    let decode = |text: &String| STANDARD.decode(text).map(CertificateDer::from);
    let chain: Result<Vec<_>, _> = chain.iter().map(decode).collect();
    let chain = chain.map_err(|_| "a certificate that is no base64")?;
    let (leaf, others) = chain.split_first().ok_or("a chain without certificates")?;
    let Ok(([], parsed)) = x509_parser::parse_x509_certificate(leaf) else {
        return Err("a certificate that is none");
    };
    let now = ASN1Time::now();
    if !parsed.validity().is_valid_at(now) {
        return Err("a certificate out of its time");
    }
    if !bundle.iter().any(|trusted| trusted.der == *leaf) {
        let anchors = bundle.iter().filter_map(|trusted| trusted.anchor_at(now));
        let anchors: Vec<_> = anchors.cloned().collect();
        verify(leaf, others, &anchors)?;
    }
    Key::from_spki(parsed.public_key()).ok_or("a certificate with a key of no use")
}

fn verify(
    leaf: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    anchors: &[TrustAnchor<'_>],
) -> Result<(), &'static str> {
    if have_namesakes(others)? {
        return Err("a chain with two certificates of one name");
    }
    let leaf = EndEntityCert::try_from(leaf).map_err(|_| "a certificate that signs no tokens")?;
    let path = leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        anchors,
        others,
        UnixTime::now(),
        AnyUsage,
        None,
        None,
    );
    path.map(drop).map_err(|_| "a chain that leads nowhere")
}

/// Where each name stands once, there is one way from the leaf to its end, as RFC 7515 wants it.
/// Else whoever knows an authority's name could have all signatures tried that ways through
/// their own certificates have, without ever coming to one that is right: 20 ms of a core.
fn have_namesakes(certificates: &[CertificateDer<'_>]) -> Result<bool, &'static str> {
    let mut names = HashSet::new();
    for certificate in certificates {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|_| "a certificate that is none")?;
        if !names.insert(parsed.subject().as_raw().to_vec()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// There is no extended key usage for signing tokens.
struct AnyUsage;

// === impl AnyUsage ===

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Certificates in a chain.
const LONGEST: usize = 8;
