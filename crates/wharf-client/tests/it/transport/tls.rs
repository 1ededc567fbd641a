//! Who is believed, and what is shown to whom.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;
use wharf_client::{
    ClientError, ClientSettings, Credential, Mirror, Pem, Protocol, RegistryClient, Verification,
};

use super::fetch;
use crate::credentials::write;
use crate::server::{Reply, Seen, Server};
use crate::settings::hasty;

/// Who issues certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate that signs itself and may sign others, of a registry with this name.
    fn of_itself(name: &str) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for this machine and its key.
    fn issue(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    fn pem(&self) -> Pem {
        Pem {
            path: "authority.pem".into(),
            text: self.0.pem().into(),
        }
    }

    /// A server's half; it may want to see certificates of clients.
    fn acceptor(&self, of_clients: bool) -> TlsAcceptor {
        let (certificate, key) = self.issue();
        self.acceptor_with(of_clients, certificate.der(), &key)
    }

    fn acceptor_with(
        &self,
        of_clients: bool,
        certificate: &CertificateDer<'static>,
        key: &KeyPair,
    ) -> TlsAcceptor {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if of_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn good(_: &Seen) -> Reply {
    Reply::ok("{}")
}

fn https() -> ClientSettings {
    ClientSettings {
        protocol: Protocol::Https,
        ..hasty()
    }
}

async fn outcome(server: &Server, settings: &ClientSettings) -> Result<(), ClientError> {
    let client = RegistryClient::new(server.host(), settings, None)?;
    fetch(&client).await.map(drop)
}

#[tokio::test]
async fn only_authorities_that_are_known_are_believed() {
    let authority = Authority::new();
    let server = Server::start_with(Some(authority.acceptor(false)), good).await;
    let error = outcome(&server, &https()).await.unwrap_err().to_string();
    assert!(
        error.contains("give the authority's certificate"),
        "{error}"
    );
    let other = ClientSettings {
        authorities: vec![Authority::new().pem()],
        ..https()
    };
    assert!(outcome(&server, &other).await.is_err());
    let known = ClientSettings {
        authorities: vec![authority.pem()],
        ..https()
    };
    outcome(&server, &known).await.unwrap();
    let careless = ClientSettings {
        verification: Verification::None,
        ..https()
    };
    outcome(&server, &careless).await.unwrap();
}

/// As Docker's manual has it: one certificate, made by `openssl req -x509`, for the registry
/// and for `certs.d` of its clients.
#[tokio::test]
async fn a_registry_may_be_its_own_authority() {
    let own = |name| {
        let authority = Authority::of_itself(name);
        let acceptor = authority.acceptor_with(false, authority.0.der(), authority.0.key());
        (authority, acceptor)
    };
    let (authority, acceptor) = own("127.0.0.1");
    let server = Server::start_with(Some(acceptor), good).await;
    let unknown = outcome(&server, &https()).await.unwrap_err().to_string();
    assert!(unknown.contains("give the authority's"), "{unknown}");
    let believing = |authorities| ClientSettings {
        authorities,
        ..https()
    };
    let other = believing(vec![Authority::of_itself("127.0.0.1").pem()]);
    assert!(outcome(&server, &other).await.is_err());
    let known = believing(vec![authority.pem()]);
    outcome(&server, &known).await.unwrap();

    let (authority, acceptor) = own("elsewhere.example");
    let server = Server::start_with(Some(acceptor), good).await;
    let known = believing(vec![authority.pem()]);
    let error = outcome(&server, &known).await.unwrap_err().to_string();
    assert!(error.contains("elsewhere.example"), "{error}");
}

#[tokio::test]
async fn the_directory_of_a_host_has_authorities_and_certificates_for_clients() {
    let authority = Authority::new();
    let server = Server::start_with(Some(authority.acceptor(true)), good).await;
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join(server.address.to_string());
    make(&own);
    write(&own.join("any.crt"), &authority.0.pem());
    let directories = vec![directory.path().join("absent"), directory.path().to_owned()];
    let settings = ClientSettings {
        certificate_directories: directories,
        ..https()
    };
    // Nothing is shown yet.
    assert!(outcome(&server, &settings).await.is_err());
    let (certificate, key) = authority.issue();
    write(&own.join("client.cert"), &certificate.pem());
    let error = outcome(&server, &settings).await.unwrap_err().to_string();
    assert!(
        error.ends_with("client.key: there is no such key beside its certificate"),
        "{error}"
    );
    write(&own.join("client.key"), &key.serialize_pem());
    outcome(&server, &settings).await.unwrap();
    write(&own.join("other.key"), &key.serialize_pem());
    let error = outcome(&server, &settings).await.unwrap_err().to_string();
    assert!(
        error.contains("other.cert: there is no such certificate"),
        "{error}"
    );
}

#[tokio::test]
async fn files_that_are_no_certificates_are_told() {
    let server = Server::start(good).await;
    for text in [
        "",
        "hidden",
        "-----BEGIN CERTIFICATE-----\nhidden\n-----END CERTIFICATE-----\n",
    ] {
        let pem = Pem {
            path: "a.pem".into(),
            text: text.into(),
        };
        let settings = ClientSettings {
            authorities: vec![pem.clone()],
            ..hasty()
        };
        let error = outcome(&server, &settings).await.unwrap_err().to_string();
        assert!(error.contains("a.pem is no certificate in PEM"), "{error}");
        let identity = wharf_client::ClientIdentity {
            certificate: pem.clone(),
            key: pem,
        };
        let settings = ClientSettings {
            identity: Some(identity),
            ..hasty()
        };
        let error = outcome(&server, &settings).await.unwrap_err().to_string();
        assert!(error.contains("a.pem is no certificate in PEM"), "{error}");
    }
    let (certificate, other) = (Authority::new().issue().0, Authority::new().issue().1);
    for key in ["hidden", &other.serialize_pem()] {
        let pem = |path: &str, text: &str| Pem {
            path: path.into(),
            text: text.into(),
        };
        let identity = wharf_client::ClientIdentity {
            certificate: pem("a.pem", &certificate.pem()),
            key: pem("b.pem", key),
        };
        let settings = ClientSettings {
            identity: Some(identity),
            ..hasty()
        };
        let error = outcome(&server, &settings).await.unwrap_err().to_string();
        let told = "b.pem is no key of its certificate in PEM";
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn tls_is_never_given_up() {
    let plain = Server::start(|_| Reply::ok(r#"{"token": "t"}"#)).await;
    let authority = Authority::new();
    let target = plain.url("/x");
    let sends = move |_: &Seen| Reply::new(307).header("location", &target);
    let server = Server::start_with(Some(authority.acceptor(false)), sends).await;
    let settings = ClientSettings {
        authorities: vec![authority.pem()],
        ..https()
    };
    let error = outcome(&server, &settings).await.unwrap_err().to_string();
    assert!(error.contains("from https:// to http://"), "{error}");
    let realm = format!("Bearer realm=\"{}\"", plain.url("/token"));
    let wants = move |seen: &Seen| match seen.header("authorization") {
        None => Reply::new(401).header("www-authenticate", &realm),
        Some(_) => Reply::ok("{}"),
    };
    let server = Server::start_with(Some(authority.acceptor(false)), wants).await;
    let user = Credential::password("user", "pass");
    let client = RegistryClient::new(server.host(), &settings, Some(user)).unwrap();
    let error = fetch(&client).await.unwrap_err().to_string();
    assert!(
        error.contains("it wants passwords to be sent to"),
        "{error}"
    );
    assert_eq!(plain.asked(), [""; 0]);
    // Who has no password has nothing to lose.
    outcome(&server, &settings).await.unwrap();
}

#[tokio::test]
async fn the_authorities_of_a_host_count_for_its_token_server_too() {
    let authority = Authority::new();
    let answer = |_: &Seen| Reply::ok(r#"{"token": "t"}"#);
    let tokens = Server::start_with(Some(authority.acceptor(false)), answer).await;
    let realm = format!("Bearer realm=\"https://{}/token\"", tokens.address);
    let wants = move |seen: &Seen| match seen.header("authorization") {
        None => Reply::new(401).header("www-authenticate", &realm),
        Some(_) => Reply::ok("{}"),
    };
    let server = Server::start_with(Some(authority.acceptor(false)), wants).await;
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join(server.address.to_string());
    make(&own);
    write(&own.join("any.crt"), &authority.0.pem());
    let settings = ClientSettings {
        certificate_directories: vec![directory.path().to_owned()],
        ..https()
    };
    outcome(&server, &settings).await.unwrap();
    assert_eq!(tokens.asked().len(), 1);
}

/// One with TLS.
fn mirror(server: &Server) -> Mirror {
    Mirror {
        registry: server.host(),
        path: String::new(),
        protocol: Protocol::Https,
        credential: None,
    }
}

#[tokio::test]
async fn a_mirror_that_nobody_knows_is_not_believed_because_the_registry_is() {
    let acceptor = Authority::new().acceptor(false);
    let home = Server::start(good).await;
    let other = Server::start_with(Some(acceptor), good).await;
    let mut settings = ClientSettings {
        verification: Verification::None,
        mirrors: vec![mirror(&other)],
        ..hasty()
    };
    outcome(&home, &settings).await.unwrap();
    assert_eq!((other.asked().len(), home.asked().len()), (0, 1));
    settings.verification = Verification::Full;
    settings.unverified_mirrors = vec![other.host()];
    outcome(&home, &settings).await.unwrap();
    assert_eq!((other.asked().len(), home.asked().len()), (1, 0));
}

#[tokio::test]
async fn a_mirror_does_not_see_the_certificate_for_the_registry() {
    let authority = Authority::new();
    let home = Server::start_with(Some(authority.acceptor(true)), good).await;
    let other = Server::start_with(Some(authority.acceptor(true)), good).await;
    let (certificate, key) = authority.issue();
    let pem = |text: String| Pem {
        path: "client.pem".into(),
        text: text.into(),
    };
    let settings = ClientSettings {
        authorities: vec![authority.pem()],
        identity: Some(wharf_client::ClientIdentity {
            certificate: pem(certificate.pem()),
            key: pem(key.serialize_pem()),
        }),
        mirrors: vec![mirror(&other)],
        ..https()
    };
    outcome(&home, &settings).await.unwrap();
    // It only gives something to those whose certificate it saw.
    assert_eq!((other.asked().len(), home.asked().len()), (0, 1));
}

#[expect(clippy::disallowed_methods, reason = "the test's own directory")]
fn make(path: &Path) {
    std::fs::create_dir(path).unwrap();
}
