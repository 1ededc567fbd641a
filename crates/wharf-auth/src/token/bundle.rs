//! `rootcertbundle`: certificates in PEM. Their keys are trusted by name; those of authorities
//! also for the chains that they end.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use x509_parser::certificate::{Validity, X509Certificate};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::key::Key;

/// A certificate that is trusted.
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    validity: Validity,
    /// `None` where it may sign no certificates.
    anchor: Option<TrustAnchor<'static>>,
    /// `None` where it is of a kind of no use for tokens; it may still be an authority's.
    pub(super) key: Option<Key>,
}

/// Reads all certificates; what else is in the text does not count.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Certificate>, &'static str> {
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(text) {
        let der = der
            .map_err(|_| "holds PEM that is malformed; each certificate needs all of its lines")?;
        certificates.push(Certificate::parse(der)?);
    }
    if certificates.is_empty() {
        return Err("holds no certificate; it needs those of the token server, in PEM");
    }
    Ok(certificates)
}

// === impl Certificate ===

impl Certificate {
    /// The end of a chain, if it may be one at that time.
    pub(super) fn anchor_at(&self, now: ASN1Time) -> Option<&TrustAnchor<'static>> {
        self.anchor
            .as_ref()
            .filter(|_| self.validity.is_valid_at(now))
    }

    fn parse(der: CertificateDer<'static>) -> Result<Self, &'static str> {
        let malformed = "holds a certificate that is malformed; it has to be made again";
        let Ok(([], parsed)) = x509_parser::parse_x509_certificate(&der) else {
            return Err(malformed);
        };
        let anchor = if may_sign_certificates(&parsed) {
            let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|_| malformed)?;
            Some(anchor.to_owned())
        } else {
            None
        };
        let key = Key::from_spki(parsed.public_key());
        if key.is_none() {
            let subject = parsed.subject().to_string();
            tracing::warn!(
                subject,
                "no token can be signed by the key of this certificate"
            );
        }
        let validity = parsed.validity().clone();
        Ok(Self {
            validity,
            anchor,
            key,
            der,
        })
    }
}

/// As of RFC 5280: an authority says so, unless it is older than the extensions to say it with.
fn may_sign_certificates(certificate: &X509Certificate<'_>) -> bool {
    let usage = certificate.key_usage().ok().flatten();
    let is_authority = certificate.is_ca() || certificate.version() != X509Version::V3;
    is_authority && usage.is_none_or(|usage| usage.value.key_cert_sign())
}
