//! When something breaks.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use wharf_client::{ClientError, PushedBlob, UploadBytes, UploadSource};

use super::registry::{FakeRegistry, Fault};
use super::{push, push_in};
use crate::reads::{noise, sha256};
use crate::server::{Reply, Server};
use crate::transport::repository;

const SIZE: usize = 300_000;

/// Pushes a blob in one piece or three in spite of these faults; methods, and how many bytes
/// the registry got.
async fn check(faults: &[(&'static str, Fault)], chunk: u64, methods: &str, received: usize) {
    let registry = FakeRegistry::with_faults(faults).await;
    let blob = noise(SIZE);
    let pushed = push_in(&registry, &blob, chunk, &[]).await;
    assert_eq!(pushed.unwrap(), PushedBlob::Uploaded, "{faults:?}");
    assert!(registry.blob(&blob).unwrap() == blob, "{faults:?}");
    assert_eq!(registry.methods(), methods, "{faults:?}");
    assert_eq!(registry.received(), received, "{faults:?}");
    assert!(
        registry.state.lock().unwrap().faults.is_empty(),
        "{faults:?}"
    );
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke() {
    let cut = |at| ("PATCH", Fault::Cut(at));
    check(&[cut(100_000)], 0, "HEAD POST PATCH GET PATCH PUT", SIZE).await;
    check(&[cut(0)], 0, "HEAD POST PATCH GET PATCH PUT", SIZE).await;
    check(&[cut(SIZE)], 0, "HEAD POST PATCH GET PUT", SIZE).await;
    let twice = [cut(100_000), cut(50_000)];
    check(&twice, 0, "HEAD POST PATCH GET PATCH GET PATCH PUT", SIZE).await;
    let pieces = "HEAD POST PATCH GET PATCH PATCH PATCH PUT";
    check(&[cut(30_000)], 100_000, pieces, SIZE).await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for() {
    let patch = |fault| [("PATCH", fault)];
    check(&patch(Fault::Silence), 0, "HEAD POST PATCH GET PUT", SIZE).await;
    check(&patch(Fault::Lie(500)), 0, "HEAD POST PATCH GET PUT", SIZE).await;
    check(
        &patch(Fault::Refuse(500)),
        0,
        "HEAD POST PATCH GET PATCH PUT",
        SIZE,
    )
    .await;
    check(
        &patch(Fault::Refuse(416)),
        0,
        "HEAD POST PATCH GET PATCH PUT",
        SIZE,
    )
    .await;
    check(
        &patch(Fault::Keep(1234)),
        0,
        "HEAD POST PATCH PATCH PUT",
        SIZE,
    )
    .await;
    // What was not looked at is sent again at once.
    check(
        &patch(Fault::Refuse(429)),
        0,
        "HEAD POST PATCH PATCH PUT",
        SIZE,
    )
    .await;
    // The end was reached, and the blob is there.
    let put = |fault| [("PUT", fault)];
    check(
        &put(Fault::Silence),
        0,
        "HEAD POST PATCH PUT PUT HEAD",
        SIZE,
    )
    .await;
    check(
        &put(Fault::Lie(502)),
        0,
        "HEAD POST PATCH PUT PUT HEAD",
        SIZE,
    )
    .await;
    check(&put(Fault::Refuse(503)), 0, "HEAD POST PATCH PUT PUT", SIZE).await;
}

#[tokio::test]
async fn an_upload_that_was_forgotten_begins_anew() {
    let forgotten = [("PATCH", Fault::Forget)];
    let methods = "HEAD POST PATCH GET HEAD POST PATCH PUT";
    check(&forgotten, 0, methods, 2 * SIZE).await;
    let forgotten = [("PUT", Fault::Forget)];
    let methods = "HEAD POST PATCH PUT HEAD POST PATCH PUT";
    check(&forgotten, 0, methods, 2 * SIZE).await;
    let all = [("PATCH", Fault::Forget); 9];
    let registry = FakeRegistry::with_faults(&all).await;
    let error = push(&registry, &noise(SIZE)).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(registry.methods().matches("POST").count(), 4);
}

#[tokio::test]
async fn a_registry_that_cannot_be_asked_gets_all_again() {
    let registry = FakeRegistry::with_faults(&[("PATCH", Fault::Cut(1000))]).await;
    registry.state.lock().unwrap().is_mute = true;
    let blob = noise(SIZE);
    push(&registry, &blob).await.unwrap();
    assert_eq!(
        registry.methods(),
        "HEAD POST PATCH GET HEAD POST PATCH PUT"
    );
    assert!(registry.blob(&blob).is_some());
}

#[tokio::test]
async fn a_small_blob_is_sent_again_as_a_whole() {
    let blob = noise(1000);
    for (fault, methods) in [
        (Fault::Cut(100), "HEAD POST PUT HEAD POST PUT"),
        (Fault::Silence, "HEAD POST PUT HEAD"),
        (Fault::Refuse(500), "HEAD POST PUT HEAD POST PUT"),
    ] {
        let registry = FakeRegistry::with_faults(&[("PUT", fault)]).await;
        if let Fault::Cut(_) = fault {
            // What a registry of ours would not do: a part is not the blob.
            registry.state.lock().unwrap().is_mute = true;
        }
        push(&registry, &blob).await.unwrap();
        assert_eq!(registry.methods(), methods, "{fault:?}");
        assert!(registry.blob(&blob).is_some());
    }
}

#[tokio::test]
async fn what_is_refused_is_told() {
    for (fault, expected) in [
        (
            ("PATCH", Fault::Refuse(403)),
            "log in to the registry first",
        ),
        (
            ("PATCH", Fault::Refuse(413)),
            "it is too large for the registry, or for a proxy before it",
        ),
        (("PUT", Fault::Refuse(400)), "was refused (400 Bad Request)"),
        (
            ("POST", Fault::Refuse(405)),
            "the registry does not allow that at all",
        ),
        (
            ("POST", Fault::Lie(200)),
            "an upload does not begin with 200 OK",
        ),
        (
            ("POST", Fault::Lie(202)),
            "it does not say where to upload to",
        ),
    ] {
        let registry = FakeRegistry::with_faults(&[fault]).await;
        let error = push(&registry, &noise(SIZE)).await.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{fault:?}: {error}");
    }
}

/// Gives less than it said, or fails.
struct Bad(Option<io::ErrorKind>);

impl UploadSource for Bad {
    fn open(&self, _: u64) -> UploadBytes {
        let error = self.0.map(|kind| Err(io::Error::new(kind, "the disk")));
        let first = Ok(Bytes::from_static(b"some"));
        Box::pin(stream::iter([first].into_iter().chain(error)))
    }
}

#[tokio::test]
async fn a_source_that_fails_is_not_the_registrys_fault() {
    for (kind, size) in [
        (Some(io::ErrorKind::PermissionDenied), SIZE as u64),
        (None, SIZE as u64),
        (None, 10),
    ] {
        let registry = FakeRegistry::start().await;
        let source = Arc::new(Bad(kind));
        let client = registry.server.client();
        let pushed = client
            .push_blob(&repository(), &sha256(b"x"), size, source, &[])
            .await;
        match pushed.unwrap_err() {
            ClientError::Source { source, .. } => {
                assert_eq!(source.kind(), kind.unwrap_or(io::ErrorKind::UnexpectedEof));
            }
            error => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_registry_that_takes_nothing_is_given_up() {
    let registry = FakeRegistry::with_faults(&[("PATCH", Fault::Cut(0)); 30]).await;
    let error = push(&registry, &noise(SIZE)).await.unwrap_err();
    assert!(matches!(error, ClientError::Network { .. }), "{error}");
    let patches = registry.methods().matches("PATCH").count();
    assert!((4..=6).contains(&patches), "{patches}");
}

#[tokio::test]
async fn a_registry_that_claims_too_much_is_not_believed() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "HEAD" => Reply::new(404),
        "POST" => Reply::new(202).header("location", "/upload"),
        _ => Reply::new(202)
            .header("location", "/upload")
            .header("range", "0-99999999"),
    })
    .await;
    let source = Arc::new(Bytes::from(noise(SIZE)));
    let (client, digest, size) = (server.client(), sha256(b"x"), SIZE as u64);
    let pushed = client
        .push_blob(&repository(), &digest, size, source, &[])
        .await;
    let error = pushed.unwrap_err().to_string();
    assert!(
        error.contains("it has 100000000 bytes of an upload after 300000 were sent"),
        "{error}"
    );
}
