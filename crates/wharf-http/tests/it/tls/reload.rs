//! Certificates that change while the server runs.

use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;

use super::Secured;
use crate::fixtures::{LAYER, sha256};
use crate::harness::Setup;
use crate::pki::{Authority, NAME, Tls};
use crate::wire::Request;

/// Longer than any reload takes.
const PATIENCE: Duration = Duration::from_secs(10);

async fn watchful() -> Secured {
    Secured::with(Setup::memory(), |settings| {
        settings.look_again = Duration::from_millis(50);
    })
    .await
}

impl Secured {
    async fn shows(&self) -> CertificateDer<'static> {
        certificate(&self.connect().await.stream)
    }

    /// Waits until new connections are shown that certificate.
    async fn comes_to_show(&self, expected: &CertificateDer<'_>) {
        let start = Instant::now();
        while self.shows().await != *expected {
            assert!(start.elapsed() < PATIENCE, "it shows the old one");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn certificate(stream: &Tls) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone()
}

#[tokio::test]
async fn new_files_are_noticed_and_old_connections_go_on() {
    let secured = watchful().await;
    let mut client = secured.connect().await;
    let old = certificate(&client.stream);
    let digest = sha256(LAYER);
    let upload = Request::new("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"));
    client
        .send(upload.header("Content-Length", LAYER.len()).bytes())
        .await;
    client.send(&LAYER[..3]).await;
    for _ in 0..3 {
        let new = secured.authority.issue(NAME);
        assert_ne!(old, new.certificate);
        secured.files.replace(&new);
        secured.comes_to_show(&new.certificate).await;
    }
    client.send(&LAYER[3..]).await;
    let response = client.response().await;
    assert_eq!(response.status, 201, "{}", response.show());
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing() {
    let secured = watchful().await;
    let old = secured.shows().await;
    let new = secured.authority.issue(NAME);
    // Half of a change: the certificate does not fit the key.
    secured.files.add("certificate.pem", &new.pem);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(secured.shows().await, old);
    let error = secured.tls.reload().await.unwrap_err();
    assert!(error.to_string().contains("is not the key of"), "{error}");
    assert_eq!(secured.shows().await, old);
    // The other half.
    secured.files.replace(&new);
    secured.comes_to_show(&new.certificate).await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test's own file")]
async fn a_file_that_goes_away_changes_nothing() {
    let secured = watchful().await;
    let old = secured.shows().await;
    std::fs::remove_file(secured.files.key()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(secured.shows().await, old);
    let new = secured.authority.issue(NAME);
    secured.files.replace(&new);
    secured.comes_to_show(&new.certificate).await;
}

/// As Kubernetes changes a mounted secret: a link is made to point elsewhere.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test's own files")]
async fn links_that_point_elsewhere_are_noticed() {
    use std::os::unix::fs::symlink;
    let authority = Authority::new("the authority");
    let (one, two) = (authority.issue(NAME), authority.issue(NAME));
    let (first, second) = (crate::pki::Files::new(&one), crate::pki::Files::new(&two));
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("..data");
    symlink(first.key().parent().unwrap(), &data).unwrap();
    let identity = wharf_http::Identity::Files {
        certificate: data.join("certificate.pem"),
        key: data.join("key.pem"),
    };
    let mut secured = Secured::with(Setup::memory(), |settings| {
        settings.identity = identity;
        settings.look_again = Duration::from_millis(50);
    })
    .await;
    secured.authority = authority;
    assert_eq!(secured.shows().await, one.certificate);
    let next = directory.path().join("next");
    symlink(second.key().parent().unwrap(), &next).unwrap();
    std::fs::rename(&next, &data).unwrap();
    secured.comes_to_show(&two.certificate).await;
}

/// As for a signal: at once, and known when it is done.
#[tokio::test]
async fn a_reload_can_be_asked_for() {
    let secured = Secured::with(Setup::memory(), |settings| {
        settings.look_again = Duration::from_secs(3600);
    })
    .await;
    let new = secured.authority.issue(NAME);
    secured.files.replace(&new);
    secured.tls.reload().await.unwrap();
    assert_eq!(secured.shows().await, new.certificate);
    secured.tls.reload().await.unwrap();
    secured.is_well().await;
}
