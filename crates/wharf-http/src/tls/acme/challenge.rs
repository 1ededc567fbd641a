//! The authority's question, whether a name is ours, and its answer: a handshake with a
//! certificate that nobody else could know (RFC 8737).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::tls::TlsError;

/// What is spoken in such a handshake.
pub(in crate::tls) const PROTOCOL: &[u8] = b"acme-tls/1";

/// The answers that are ready.
pub(in crate::tls) struct Challenges {
    answers: Arc<Answers>,
    config: Arc<ServerConfig>,
}

#[derive(Debug, Default)]
struct Answers {
    // Guards the answers by name, for a moment.
    keys: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

/// An answer, ready until this is dropped.
pub(super) struct Answer {
    answers: Arc<Answers>,
    host: String,
}

// === impl Challenges ===

impl Challenges {
    pub(super) fn new(provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let answers = Arc::new(Answers::default());
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Answers>::clone(&answers);
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Settings)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Self {
            answers,
            config: Arc::new(config),
        })
    }

    /// The configuration for this handshake, if it is the authority's question.
    pub(in crate::tls) fn config(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        let asks = hello.alpn()?.any(|protocol| protocol == PROTOCOL);
        asks.then(|| Arc::clone(&self.config))
    }

    /// Gets ready for the question about `host`, whose answer has this digest.
    pub(super) fn expect(
        &self,
        host: &str,
        digest: &[u8],
        provider: &CryptoProvider,
    ) -> Result<Answer, String> {
        let key = certificate(host, digest, provider)?;
        let keys = self.answers.keys.write();
        keys.unwrap_or_else(PoisonError::into_inner)
            .insert(host.to_owned(), Arc::new(key));
        Ok(Answer {
            answers: Arc::clone(&self.answers),
            host: host.to_owned(),
        })
    }
}

fn certificate(
    host: &str,
    digest: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let made = || {
        let mut params = CertificateParams::new([host.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?, key))
    };
    let (certificate, key) = made().map_err(|error: rcgen::Error| error.to_string())?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| error.to_string())?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

impl ResolvesServerCert for Answers {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(hello.server_name()?).cloned()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let keys = self.answers.keys.write();
        keys.unwrap_or_else(PoisonError::into_inner)
            .remove(&self.host);
    }
}
