//! What the files of a configuration hold: certificates and keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use wharf_spec::{Algorithm, Digest};

use super::TlsError;

/// A file and what was in it.
pub(super) struct Read {
    path: PathBuf,
    bytes: Vec<u8>,
}

// === impl Read ===

impl Read {
    #[expect(
        clippy::disallowed_methods,
        reason = "certificates are the operator's files, and no stored objects"
    )]
    pub(super) fn new(path: &Path) -> Result<Self, TlsError> {
        let bytes = std::fs::read(path).map_err(|source| TlsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
        })
    }

    /// Tells whether it has changed.
    pub(super) fn digest(&self) -> Digest {
        wharf_hash::digest(Algorithm::Sha256, &self.bytes)
    }

    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let found = CertificateDer::pem_slice_iter(&self.bytes).collect::<Result<Vec<_>, _>>();
        match found {
            Ok(found) if found.is_empty() => Err(self.unusable("there is no certificate in PEM")),
            Ok(found) => Ok(found),
            Err(error) => Err(self.unusable(&error.to_string())),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(&self.bytes).map_err(|_| {
            self.unusable("there is no private key in PEM (one with a passphrase cannot be used)")
        })
    }

    /// Adds the certificates to those that are trusted.
    pub(super) fn trust(&self, roots: &mut RootCertStore) -> Result<(), TlsError> {
        for certificate in self.certificates()? {
            roots
                .add(certificate)
                .map_err(|error| self.unusable(&error.to_string()))?;
        }
        Ok(())
    }

    fn unusable(&self, reason: &str) -> TlsError {
        TlsError::Unusable {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// The certificate chain in one file with the key in the other, which may be the same.
pub(super) fn certified_key(
    certificate: &Read,
    key: &Read,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificate.certificates()?;
    let first = chain.first().map(AsRef::as_ref).unwrap_or_default();
    let (_, parsed) = x509_parser::parse_x509_certificate(first)
        .map_err(|error| certificate.unusable(&format!("it is no certificate: {error}")))?;
    let signing = provider
        .key_provider
        .load_private_key(key.key()?)
        .map_err(|error| key.unusable(&error.to_string()))?;
    // Not rustls's own comparison, which refuses the certificates without extensions
    // (version 1) that `openssl x509 -req` makes.
    let public = signing.public_key();
    if public.is_some_and(|public| public.as_ref() != parsed.tbs_certificate.subject_pki.raw) {
        return Err(TlsError::Mismatch {
            certificate: certificate.path.clone(),
            key: key.path.clone(),
        });
    }
    Ok(Arc::new(CertifiedKey::new(chain, signing)))
}
