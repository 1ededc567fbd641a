//! Clients that do not come to the end of a handshake, or do not mean to.

use std::time::Duration;

use super::Secured;
use crate::harness::Setup;
use crate::wire::{Client, Request};

const CORRECTION: &str =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// What a client without TLS hears.
async fn hears(secured: &Secured, bytes: &[u8]) -> String {
    let mut client = Client::connect(secured.wharf.address).await;
    client.send_what_it_takes(bytes).await;
    let rest = client.rest().await;
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn a_client_without_tls_is_told_so() {
    let secured = Secured::start().await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = format!("{method} /v2/ HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(
            hears(&secured, request.as_bytes()).await,
            CORRECTION,
            "{method}"
        );
    }
    // Whole, although there is a body that nobody reads.
    let push = Request::put("/v2/a/manifests/b").body(vec![b'x'; 300_000]);
    assert_eq!(hears(&secured, &push.bytes()).await, CORRECTION);
    secured.is_well().await;
}

#[tokio::test]
async fn noise_is_no_handshake() {
    let secured = Secured::start().await;
    let hello = [&[0x16, 3, 1, 0xff, 0xff][..], &[0; 70_000]].concat();
    for noise in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[0; 100],
        &[0x16, 3, 1, 0, 0],
        &[0x15, 3, 1, 0, 2, 2, 40],
        &hello,
        &[0xff; 10_000],
    ] {
        let heard = hears(&secured, noise).await;
        assert!(!heard.contains("HTTP"), "{heard}");
    }
    for short in [&b""[..], b"G", b"GET ", &[0x16, 3]] {
        let mut client = Client::connect(secured.wharf.address).await;
        client.send(short).await;
        client.half_close().await;
        client.is_closed().await;
    }
    secured.is_well().await;
}

#[tokio::test]
async fn a_handshake_takes_only_so_long_and_nobody_waits_for_it() {
    let mut setup = Setup::memory();
    setup.limits.handshake = Duration::from_secs(2);
    let secured = Secured::with(setup, |_| {}).await;
    let mut slow = Vec::new();
    for start in [&b""[..], b"GE", &[0x16], &[0x16, 3, 1, 2, 0, 1]].repeat(4) {
        let mut client = Client::connect(secured.wharf.address).await;
        client.send(start).await;
        slow.push(client);
    }
    secured.is_well().await;
    for client in &mut slow {
        client.is_closed().await;
    }
    secured.is_well().await;
}

#[tokio::test]
async fn a_certificate_that_the_client_does_not_like_harms_nobody() {
    let secured = Secured::start().await;
    let stranger = crate::pki::Authority::new("a stranger");
    secured.ask(&stranger.trust()).await.unwrap_err();
    secured.is_well().await;
}

/// Names are the client's affair: there is one certificate.
#[tokio::test]
async fn any_name_gets_the_certificate() {
    let secured = Secured::start().await;
    let mut trust = secured.authority.trust();
    trust.name = "other.test";
    let error = trust.connect(secured.wharf.address).await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
    trust.name = "127.0.0.1";
    let error = trust.connect(secured.wharf.address).await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let mut setup = Setup::memory();
    setup.limits.write_stall = Duration::from_millis(400);
    let secured = Secured::with(setup, |_| {}).await;
    let content = vec![0; 32 << 20];
    let digest = crate::fixtures::sha256(&content);
    let push = Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(&content);
    let path = secured.connect().await.ask(push).await.location();
    let mut client = secured.connect().await;
    client.send(Request::get(&path).bytes()).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(client.rest().await.len() < content.len());
    secured.is_well().await;
}
