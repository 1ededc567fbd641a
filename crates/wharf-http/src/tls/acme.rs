//! Certificates that are fetched from an authority and renewed, by ACME (RFC 8555): Let's
//! Encrypt is one. The authority finds out whether the names are ours by a handshake on the
//! very port that we serve (TLS-ALPN-01, RFC 8737).

mod cache;
mod certificate;
mod challenge;
mod order;
mod renewal;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::TlsError;

use cache::Cache;
use certificate::Certificate;
use challenge::Challenges;

pub(super) use challenge::PROTOCOL;

/// How to come by certificates (distribution: `http.tls.letsencrypt`).
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The directory in which the account and the certificates are kept (`cachefile`). The
    /// certificates in it are written as Go's `autocert` writes them, and may be its own.
    pub cache: PathBuf,
    /// Where the authority can reach the operator.
    pub email: Option<String>,
    /// The names to get certificates for, each its own.
    pub hosts: Vec<String>,
    /// Where the authority's directory is (`directoryurl`).
    pub directory: String,
    /// A file in PEM with the only certificate that the authority's own server is trusted
    /// with; without it, those that the system trusts.
    pub trusted: Option<PathBuf>,
    /// How long after a failure the next attempt is made; the time doubles with each.
    pub retry: Duration,
}

/// The certificates of the names, as they are at the moment.
#[derive(Clone)]
pub(super) struct Acme {
    inner: Arc<Inner>,
}

struct Inner {
    settings: AcmeSettings,
    cache: Cache,
    provider: Arc<CryptoProvider>,
    challenges: Challenges,
    // Guards the certificates by name, for a moment.
    certificates: RwLock<HashMap<String, Certificate>>,
}

// === impl AcmeSettings ===

impl AcmeSettings {
    /// Let's Encrypt, for these names.
    #[must_use]
    pub fn new(cache: PathBuf, hosts: Vec<String>) -> Self {
        Self {
            cache,
            email: None,
            hosts,
            directory: instant_acme::LetsEncrypt::Production.url().to_owned(),
            trusted: None,
            retry: Duration::from_secs(300),
        }
    }
}

// === impl Acme ===

impl Acme {
    /// Takes the certificates that are in the cache.
    pub(super) fn open(
        mut settings: AcmeSettings,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        for host in &mut settings.hosts {
            host.make_ascii_lowercase();
            if !is_name(host) {
                return Err(TlsError::NoName(host.clone()));
            }
        }
        if settings.hosts.is_empty() {
            tracing::warn!(
                "no names are listed to get certificates for: every handshake will fail"
            );
        }
        let cache = Cache::open(&settings.cache)?;
        let mut certificates = HashMap::new();
        for host in &settings.hosts {
            let Some(pem) = cache.certificate(host)? else {
                continue;
            };
            match Certificate::parse(&pem, &provider) {
                Ok(certificate) => _ = certificates.insert(host.clone(), certificate),
                Err(reason) => {
                    tracing::warn!(host, reason, "a kept certificate cannot be used");
                }
            }
        }
        let challenges = Challenges::new(&provider)?;
        let inner = Inner {
            settings,
            cache,
            provider,
            challenges,
            certificates: RwLock::new(certificates),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// What answers the authority's questions.
    pub(super) fn challenges(&self) -> &Challenges {
        &self.inner.challenges
    }
}

impl fmt::Debug for Acme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acme")
            .field("hosts", &self.inner.settings.hosts)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Acme {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls has made it lower case.
        let name = hello.server_name()?;
        let certificates = self.inner.certificates.read();
        let certificates = certificates.unwrap_or_else(PoisonError::into_inner);
        certificates.get(name).map(|found| Arc::clone(&found.key))
    }
}

/// A name in the domain name system with a dot in it, which is also a safe name of a file.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(good)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.contains('.') && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a.test", "registry.example.org", "1.2-3.xn--p1ai"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            "localhost",
            ".",
            "..",
            "../a.b",
            "a/b.test",
            ".a.test",
            "a.test.",
            "*.test",
            "a_b.test",
            "-a.test",
            "caf\u{e9}.test",
            "a.test:443",
            "a. test",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
