//! From settings and files to what rustls needs.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, ResolvesServerCert};
use rustls::sign::SingleCertAndKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use wharf_spec::Digest;

use super::acme::Acme;
use super::material::{Read, certified_key};
use super::{ClientCertificates, Http2, Identity, TlsError, TlsSettings, TlsVersion, clients};

/// The files of a configuration, as they are at one moment.
pub(super) struct Files {
    /// The certificate and its key, unless they come from elsewhere.
    identity: Option<(Read, Read)>,
    authorities: Vec<Read>,
}

// === impl Files ===

impl Files {
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let identity = match &settings.identity {
            Identity::Files { certificate, key } => {
                Some((Read::new(certificate)?, Read::new(key)?))
            }
            Identity::Acme(_) => None,
        };
        let authorities = match &settings.clients {
            ClientCertificates::NotAsked => Vec::new(),
            ClientCertificates::Asked { authorities, .. } => authorities
                .iter()
                .map(|path| Read::new(path))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            identity,
            authorities,
        })
    }

    /// Tells whether anything has changed.
    pub(super) fn digests(&self) -> Vec<Digest> {
        let own = self.identity.iter().flat_map(|(one, other)| [one, other]);
        own.chain(&self.authorities).map(Read::digest).collect()
    }

    /// The configuration of a server with these files, or what `elsewhere` gives.
    pub(super) fn configure(
        &self,
        settings: &TlsSettings,
        provider: &Arc<CryptoProvider>,
        elsewhere: Option<&Acme>,
    ) -> Result<ServerConfig, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = match (&self.identity, elsewhere) {
            (Some((certificate, key)), _) => Arc::new(SingleCertAndKey::from(certified_key(
                certificate,
                key,
                provider,
            )?)),
            (None, Some(acme)) => Arc::new(acme.clone()),
            (None, None) => return Err(TlsError::Settings(rustls::Error::NoCertificatesPresented)),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(versions(settings.minimum))
            .map_err(TlsError::Settings)?
            .with_client_cert_verifier(self.verifier(settings, provider)?)
            .with_cert_resolver(resolver);
        config.alpn_protocols = match settings.http2 {
            Http2::Enabled => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Http2::Disabled => vec![b"http/1.1".to_vec()],
        };
        // Sessions are resumed without our keeping anything.
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Settings)?;
        Ok(config)
    }

    fn verifier(
        &self,
        settings: &TlsSettings,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let auth = match &settings.clients {
            ClientCertificates::NotAsked => return Ok(Arc::new(NoClientAuth)),
            ClientCertificates::Asked { auth, .. } => *auth,
        };
        let mut roots = RootCertStore::empty();
        for authority in &self.authorities {
            authority.trust(&mut roots)?;
        }
        clients::verifier(auth, roots, provider)
    }
}

/// TLS with the suites that are offered.
pub(super) fn provider(settings: &TlsSettings) -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: settings.suites.offered(),
        ..aws_lc_rs::default_provider()
    })
}

fn versions(minimum: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    static BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
    match minimum {
        TlsVersion::Tls12 => &BOTH,
        TlsVersion::Tls13 => BOTH.split_at(1).0,
    }
}
