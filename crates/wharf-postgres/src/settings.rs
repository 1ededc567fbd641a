//! Which server, and whom to trust.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connection::CONNECTING;

/// All there is to know.
#[derive(Clone)]
pub struct Settings {
    pub(crate) server: Config,
    pub(crate) tls: MakeRustlsConnect,
}

/// What cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The URL is none.
    #[error("no URL of PostgreSQL: {0}")]
    Url(String),
    /// An authority is none.
    #[error("no certificates as PEM: {0}")]
    Authorities(String),
}

// === impl Settings ===

impl Settings {
    /// The server at this URL. If it speaks TLS, its certificate has to be signed by one of
    /// these authorities, each in PEM, or by one that the system trusts where there are none.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn new(url: &str, authorities: &[Vec<u8>]) -> Result<Self, SettingsError> {
        let mut server: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error);
            SettingsError::Url(cause.map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        if server.get_hosts().is_empty() {
            return Err(SettingsError::Url("it names no host".to_owned()));
        }
        server.connect_timeout(CONNECTING);
        if server.get_application_name().is_none() {
            server.application_name("wharfinger");
        }
        let mut trusted = RootCertStore::empty();
        for pem in authorities {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let added = certificate
                    .map_err(|error| error.to_string())
                    .and_then(|it| trusted.add(it).map_err(|error| error.to_string()));
                added.map_err(SettingsError::Authorities)?;
            }
        }
        if trusted.is_empty() {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::Authorities(error.to_string()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self {
            server,
            tls: MakeRustlsConnect::new(config),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn what_is_no_server_is_refused() {
        let is_taken = |url: &str| Settings::new(url, &[]).is_ok();
        assert!(is_taken("postgresql://me:secret@localhost/images"));
        assert!(is_taken(
            "postgresql://me@[::1]:5433/images?sslmode=require"
        ));
        assert!(is_taken("host=localhost user=me"));
        for url in ["", "http://localhost", "postgresql:///images", "nonsense"] {
            assert!(!is_taken(url), "{url}");
        }
        assert!(Settings::new("host=a", &[b"no PEM".to_vec()]).is_ok());
        let broken = b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n".to_vec();
        assert!(Settings::new("host=a", &[broken]).is_err());
    }
}
