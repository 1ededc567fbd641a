//! A certificate with its key, and how long it is good.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::time::ASN1Time;

/// A certificate in use.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    from: SystemTime,
    until: SystemTime,
}

// === impl Certificate ===

impl Certificate {
    /// Reads a key and the certificates that follow it, in PEM.
    pub(super) fn parse(pem: &[u8], provider: &CryptoProvider) -> Result<Self, String> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| error.to_string())?;
        let first = chain.first().ok_or("there is no certificate")?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(first).map_err(|error| error.to_string())?;
        let (from, until) = (
            time(parsed.validity().not_before),
            time(parsed.validity().not_after),
        );
        let key =
            CertifiedKey::from_der(chain, key, provider).map_err(|error| error.to_string())?;
        Ok(Self {
            key: Arc::new(key),
            from,
            until,
        })
    }

    /// How long it need not be renewed: until a third of its life is left, which is thirty
    /// days of ninety.
    pub(super) fn rest(&self, now: SystemTime) -> Duration {
        let life = self.until.duration_since(self.from).unwrap_or_default();
        let renewal = self.until - life / 3;
        renewal.duration_since(now).unwrap_or_default()
    }
}

fn time(time: ASN1Time) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}
