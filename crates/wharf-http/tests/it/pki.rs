//! Authorities, certificates and keys, and clients that trust them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Who issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(crate) struct Issued {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    pub(crate) key: KeyPair,
}

/// Files of a server.
pub(crate) struct Files {
    directory: tempfile::TempDir,
}

/// What a client of TLS wants.
pub(crate) struct Trust {
    roots: RootCertStore,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    pub(crate) provider: CryptoProvider,
    pub(crate) alpn: Vec<&'static str>,
    pub(crate) own: Option<Arc<CertifiedKey>>,
    pub(crate) name: &'static str,
}

pub(crate) type Tls = TlsStream<TcpStream>;

// === impl Authority ===

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let params = authority(name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// An authority of this one's grace.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(authority(name), key, &self.0).unwrap())
    }

    pub(crate) fn issue(&self, name: &str) -> Issued {
        self.issue_for(name, KeyPair::generate().unwrap())
    }

    pub(crate) fn issue_for(&self, name: &str, key: KeyPair) -> Issued {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key,
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Clients that trust it.
    pub(crate) fn trust(&self) -> Trust {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        Trust {
            roots,
            versions: vec![&rustls::version::TLS13, &rustls::version::TLS12],
            provider: aws_lc_rs::default_provider(),
            alpn: vec!["http/1.1"],
            own: None,
            name: NAME,
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

// === impl Issued ===

impl Issued {
    /// For a client that shows it.
    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        Arc::new(CertifiedKey::new(vec![self.certificate.clone()], key))
    }
}

// === impl Files ===

impl Files {
    pub(crate) fn new(issued: &Issued) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = Self { directory };
        files.replace(issued);
        files
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.path("certificate.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.path("key.pem")
    }

    /// Puts another certificate where the first one was.
    pub(crate) fn replace(&self, issued: &Issued) {
        write(&self.certificate(), &issued.pem);
        write(&self.key(), &issued.key.serialize_pem());
    }

    /// Writes another file beside them.
    pub(crate) fn add(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        write(&path, text);
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

#[expect(clippy::disallowed_methods, reason = "the test's own file")]
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

// === impl Trust ===

impl Trust {
    /// A connection, if the handshake succeeds. What a server thinks of a client's
    /// certificate may show only later.
    pub(crate) async fn connect(&self, address: SocketAddr) -> std::io::Result<Tls> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(self.name).unwrap();
        TlsConnector::from(Arc::new(self.config()))
            .connect(name, stream)
            .await
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::new(self.provider.clone()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(self.roots.clone());
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(own))))
            }
        };
        config.alpn_protocols = self
            .alpn
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        config
    }
}

/// The name in the certificates of servers.
pub(crate) const NAME: &str = "wharf.test";
