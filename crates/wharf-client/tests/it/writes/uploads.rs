//! When all goes well.

use bytes::Bytes;
use wharf_client::{ClientError, PushedBlob};
use wharf_spec::{Algorithm, Reference, media_type};

use super::registry::{FakeRegistry, Fault};
use super::{push, push_in};
use crate::reads::{noise, sha256};
use crate::server::{Reply, Server};
use crate::transport::repository;

#[tokio::test]
async fn small_blobs_go_with_the_end_and_large_ones_before() {
    for (size, methods) in [
        (0, "HEAD POST PUT"),
        (1, "HEAD POST PUT"),
        (128 << 10, "HEAD POST PUT"),
        ((128 << 10) + 1, "HEAD POST PATCH PUT"),
        (1 << 20, "HEAD POST PATCH PUT"),
    ] {
        let registry = FakeRegistry::start().await;
        let blob = noise(size);
        assert_eq!(push(&registry, &blob).await.unwrap(), PushedBlob::Uploaded);
        assert_eq!(registry.methods(), methods, "{size}");
        assert!(registry.blob(&blob).is_some());
        assert_eq!(push(&registry, &blob).await.unwrap(), PushedBlob::Existed);
    }
}

#[tokio::test]
async fn pieces_are_as_large_as_was_said() {
    let registry = FakeRegistry::start().await;
    let blob = noise(250_000);
    push_in(&registry, &blob, 100_000, &[]).await.unwrap();
    assert_eq!(registry.methods(), "HEAD POST PATCH PATCH PATCH PUT");
    let seen = registry.server.seen();
    let ranges: Vec<_> = seen
        .iter()
        .filter_map(|it| it.header("content-range"))
        .collect();
    assert_eq!(ranges, ["0-99999", "100000-199999", "200000-249999"]);
    assert_eq!(registry.received(), 250_000);
    assert!(
        seen[5].path.contains("?_state=x%2Fy&digest=sha256%3A"),
        "{}",
        seen[5].path
    );
    assert_eq!(seen[5].header("content-length"), Some("0"));
    assert_eq!(
        seen[2].header("content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn a_blob_that_another_repository_has_is_not_sent() {
    let blob = noise(1000);
    let (none, other) = ("none".parse().unwrap(), "other/one".parse().unwrap());
    let registry = FakeRegistry::start().await;
    registry.add("other/one", &blob);
    let others = [repository(), none, other];
    let pushed = push_in(&registry, &blob, 0, &others).await.unwrap();
    assert_eq!(pushed, PushedBlob::Mounted(others[2].clone()));
    // What was begun in the place of the first mount is not left behind.
    assert_eq!(registry.methods(), "HEAD POST DELETE POST");
    assert_eq!(registry.received(), 0);
    // The upload that a mount turned into is the one that is used.
    let registry = FakeRegistry::start().await;
    push_in(&registry, &blob, 0, &others[1..2]).await.unwrap();
    assert_eq!(registry.methods(), "HEAD POST PUT");
    for status in [400, 401, 403, 404, 405] {
        let registry = FakeRegistry::with_faults(&[("POST", Fault::Refuse(status))]).await;
        push_in(&registry, &blob, 0, &others[1..2]).await.unwrap();
        assert_eq!(registry.methods(), "HEAD POST POST PUT");
    }
}

#[tokio::test]
async fn a_manifest_is_written_and_its_digest_compared() {
    let bytes = Bytes::from_static(b"{}");
    let (short, long) = (
        sha256(&bytes),
        wharf_hash::digest(Algorithm::Sha512, &bytes),
    );
    let latest: Reference = "latest".parse().unwrap();
    for (reference, said, expected) in [
        (latest.clone(), Some(short), Some(short)),
        (latest.clone(), None, Some(short)),
        (Reference::Digest(long), Some(long), Some(long)),
        (Reference::Digest(long), Some(short), Some(long)),
        (latest, Some(sha256(b"other")), None),
    ] {
        let server = Server::start(move |_| {
            let reply = Reply::new(201).header("oci-subject", "x");
            said.map_or(reply.clone(), |said| {
                reply.header("docker-content-digest", said)
            })
        })
        .await;
        let client = server.client();
        let media = media_type::OCI_MANIFEST;
        let pushed = client
            .push_manifest(&repository(), &reference, media, bytes.clone())
            .await;
        let seen = &server.seen()[0];
        assert_eq!((seen.method.as_str(), seen.text().as_str()), ("PUT", "{}"));
        assert_eq!(seen.header("content-type"), Some(media));
        match (pushed, expected) {
            (Ok(pushed), Some(expected)) => {
                assert_eq!(pushed.digest, expected);
                assert!(pushed.subject_noted);
            }
            (Err(ClientError::DigestMismatch { .. }), None) => {}
            (pushed, _) => panic!("{pushed:?}"),
        }
    }
    // What has another digest than it should is not sent at all.
    let server = Server::start(|_| Reply::new(201)).await;
    let wrong = Reference::Digest(sha256(b"other"));
    let pushed = server
        .client()
        .push_manifest(&repository(), &wrong, "x/y", bytes)
        .await;
    assert!(matches!(pushed, Err(ClientError::DigestMismatch { .. })));
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn deletes_are_said_by_name() {
    let server = Server::start(|_| Reply::new(202)).await;
    let client = server.client();
    let digest = sha256(b"");
    client
        .delete_manifest(&repository(), &"latest".parse().unwrap())
        .await
        .unwrap();
    client
        .delete_manifest(&repository(), &Reference::Digest(digest))
        .await
        .unwrap();
    client.delete_blob(&repository(), &digest).await.unwrap();
    let expected = [
        "DELETE /v2/a/b/manifests/latest".to_owned(),
        format!("DELETE /v2/a/b/manifests/{digest}"),
        format!("DELETE /v2/a/b/blobs/{digest}"),
    ];
    assert_eq!(server.asked(), expected);
    let server = Server::start(|_| Reply::new(405)).await;
    let error = server
        .client()
        .delete_blob(&repository(), &digest)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the registry does not allow that at all"),
        "{error}"
    );
}
