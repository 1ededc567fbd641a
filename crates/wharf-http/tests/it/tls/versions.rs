//! Versions, cipher suites, and which HTTP is spoken.

use rustls::CipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite as suite;
use rustls::version::{TLS12, TLS13};
use wharf_http::{CipherSuites, Http2, TlsVersion};

use super::Secured;
use crate::harness::Setup;

#[tokio::test]
async fn both_versions_are_spoken() {
    let secured = Secured::start().await;
    for version in [&TLS12, &TLS13] {
        let mut trust = secured.authority.trust();
        trust.versions = vec![version];
        assert_eq!(secured.ask(&trust).await.unwrap(), 200);
        let stream = trust.connect(secured.wharf.address).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(version.version));
    }
}

#[tokio::test]
async fn an_older_version_than_the_minimum_is_refused() {
    let secured = Secured::with(Setup::memory(), |settings| {
        settings.minimum = TlsVersion::Tls13;
    })
    .await;
    let mut trust = secured.authority.trust();
    trust.versions = vec![&TLS12];
    secured.ask(&trust).await.unwrap_err();
    secured.is_well().await;
}

#[tokio::test]
async fn only_the_chosen_suites_are_offered_to_the_older_version() {
    let names = [
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
    ];
    let (suites, warnings) = CipherSuites::named(names, TlsVersion::Tls12).unwrap();
    assert_eq!(warnings.len(), 1);
    let secured = Secured::with(Setup::memory(), |settings| settings.suites = suites).await;
    let mut trust = secured.authority.trust();
    trust.versions = vec![&TLS12];
    let stream = trust.connect(secured.wharf.address).await.unwrap();
    let negotiated = stream.get_ref().1.negotiated_cipher_suite().unwrap();
    assert_eq!(
        negotiated.suite(),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
    );
    trust.provider.cipher_suites = vec![suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    secured.ask(&trust).await.unwrap_err();
    // Nothing can be chosen for the newer one.
    trust.versions = vec![&TLS13];
    for suite in [
        suite::TLS13_AES_128_GCM_SHA256,
        suite::TLS13_AES_256_GCM_SHA384,
        suite::TLS13_CHACHA20_POLY1305_SHA256,
    ] {
        trust.provider.cipher_suites = vec![suite];
        assert_eq!(secured.ask(&trust).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on() {
    for (http2, offered, agreed) in [
        (Http2::Enabled, &["h2", "http/1.1"][..], Some("h2")),
        (Http2::Enabled, &["http/1.1"], Some("http/1.1")),
        (Http2::Enabled, &["http/1.1", "h2"], Some("h2")),
        (Http2::Enabled, &[], None),
        (Http2::Disabled, &["h2", "http/1.1"], Some("http/1.1")),
    ] {
        let secured = Secured::with(Setup::memory(), |settings| settings.http2 = http2).await;
        let mut trust = secured.authority.trust();
        trust.alpn = offered.to_vec();
        let stream = trust.connect(secured.wharf.address).await.unwrap();
        let found = stream.get_ref().1.alpn_protocol();
        assert_eq!(found, agreed.map(str::as_bytes), "{http2:?} {offered:?}");
    }
    let secured = Secured::with(Setup::memory(), |settings| settings.http2 = Http2::Disabled).await;
    let mut trust = secured.authority.trust();
    trust.alpn = vec!["h2"];
    secured.ask(&trust).await.unwrap_err();
    secured.is_well().await;
}

/// A client that comes again need not be asked everything again.
#[tokio::test]
async fn sessions_are_resumed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let secured = Secured::start().await;
    let mut trust = secured.authority.trust();
    for version in [&TLS12, &TLS13] {
        trust.versions = vec![version];
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(trust.config()));
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let stream = tokio::net::TcpStream::connect(secured.wharf.address)
                .await
                .unwrap();
            let name = crate::pki::NAME.try_into().unwrap();
            let mut stream = connector.connect(name, stream).await.unwrap();
            // The ticket comes with the answer, at the latest.
            let request = b"GET /v2/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap();
            kinds.push(stream.get_ref().1.handshake_kind().unwrap());
        }
        assert_eq!(
            kinds,
            [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed]
        );
    }
}
