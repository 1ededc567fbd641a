//! TLS with registries: who is believed, and what is shown.

use std::sync::Arc;

use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use super::verifier::{Believed, Verifier};
use crate::error::SettingsError;
use crate::settings::{ClientIdentity, Pem, Verification};

/// Who is believed.
pub(super) struct Trust {
    verifier: Arc<Verifier>,
    provider: Arc<CryptoProvider>,
}

// === impl Trust ===

impl Trust {
    /// The authorities of the system, and these.
    pub(super) fn new<'a>(
        verification: Verification,
        given: impl IntoIterator<Item = &'a Pem>,
    ) -> Result<Self, SettingsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        let mut certificates = Vec::new();
        for file in given {
            for certificate in certificates_of(file)? {
                let added = roots.add(certificate.clone());
                added.map_err(|error| bad(file, CERTIFICATE, &error))?;
                certificates.push(certificate);
            }
        }
        let believed = match verification {
            Verification::None => Believed::Anybody,
            Verification::Full => {
                let system = rustls_native_certs::load_native_certs();
                for error in &system.errors {
                    tracing::debug!(%error, "authorities of the system cannot be read");
                }
                roots.add_parsable_certificates(system.certs.iter().cloned());
                certificates.extend(system.certs);
                known(roots, certificates, &provider)?
            }
        };
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self {
            verifier: Arc::new(Verifier::new(believed, algorithms)),
            provider,
        })
    }

    /// Settings that show `identity`, if there is one, to whoever wants to see one.
    pub(super) fn settings(
        &self,
        identity: Option<&ClientIdentity>,
    ) -> Result<ClientConfig, SettingsError> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::Client(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Verifier>::clone(&self.verifier));
        let mut settings = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => with_identity(builder, identity)?,
        };
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(settings)
    }
}

// === private ===

fn with_identity(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: &ClientIdentity,
) -> Result<ClientConfig, SettingsError> {
    let ClientIdentity { certificate, key } = identity;
    let chain = certificates_of(certificate)?;
    for shown in &chain {
        let parsed = ParsedCertificate::try_from(shown);
        parsed.map_err(|error| bad(certificate, CERTIFICATE, &error))?;
    }
    let no_key = |error: &dyn ToString| bad(key, "key of its certificate", error);
    let secret = PrivateKeyDer::from_pem_slice(key.text.expose().as_bytes());
    let secret = secret.map_err(|error| no_key(&error))?;
    let shown = builder.with_client_auth_cert(chain, secret);
    shown.map_err(|error| no_key(&error))
}

fn known(
    roots: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Believed, SettingsError> {
    // A container from scratch has none.
    if roots.is_empty() {
        return Ok(Believed::Nobody);
    }
    let provider = Arc::clone(provider);
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let chains = chains.build();
    Ok(Believed::Known {
        chains: chains.map_err(|error| SettingsError::Client(error.to_string()))?,
        certificates,
    })
}

fn certificates_of(file: &Pem) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let found = CertificateDer::pem_slice_iter(file.text.expose().as_bytes());
    let found = found.collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| bad(file, CERTIFICATE, &error))?;
    if found.is_empty() {
        return Err(bad(file, CERTIFICATE, &"there is none in it"));
    }
    Ok(found)
}

fn bad(file: &Pem, expected: &'static str, reason: &dyn ToString) -> SettingsError {
    SettingsError::Pem {
        path: file.path.display().to_string(),
        expected,
        reason: reason.to_string(),
    }
}

const CERTIFICATE: &str = "certificate";
