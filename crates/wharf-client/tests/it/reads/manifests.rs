//! Manifests.

use wharf_client::{ClientError, FetchedManifest};
use wharf_spec::{Algorithm, Digest, ManifestType, Reference, media_type};

use crate::server::{Reply, Server};
use crate::transport::{fetch, repository};

const INDEX: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

fn digest(algorithm: Algorithm) -> Digest {
    wharf_hash::digest(algorithm, INDEX.as_bytes())
}

async fn served(reply: Reply, reference: &Reference) -> Result<FetchedManifest, ClientError> {
    let server = Server::start(move |_| reply.clone()).await;
    server
        .client()
        .manifest(&repository(), reference, &[])
        .await
}

fn latest() -> Reference {
    "latest".parse().unwrap()
}

#[tokio::test]
async fn the_digest_is_computed_and_compared() {
    let (short, long) = (digest(Algorithm::Sha256), digest(Algorithm::Sha512));
    let other = wharf_hash::digest(Algorithm::Sha256, b"other");
    for (said, asked, expected) in [
        (None, latest(), Ok(short)),
        (Some(short), latest(), Ok(short)),
        (Some(long), latest(), Ok(long)),
        (None, Reference::Digest(long), Ok(long)),
        (Some(short), Reference::Digest(long), Ok(long)),
        (Some(other), latest(), Err((other, short))),
        (Some(other), Reference::Digest(short), Err((other, short))),
        (Some(short), Reference::Digest(other), Err((other, short))),
        (None, Reference::Digest(other), Err((other, short))),
    ] {
        let mut reply = Reply::ok(INDEX);
        if let Some(said) = said {
            reply = reply.header("docker-content-digest", said);
        }
        match (served(reply, &asked).await, expected) {
            (Ok(fetched), Ok(expected)) => assert_eq!(fetched.digest, expected),
            (
                Err(ClientError::DigestMismatch {
                    expected, found, ..
                }),
                Err(pair),
            ) => {
                assert_eq!((expected, found), pair);
            }
            (outcome, expected) => panic!("{outcome:?} {expected:?}"),
        }
    }
    // One that nobody here can compute says nothing.
    let reply = Reply::ok(INDEX).header("docker-content-digest", "blake3:00");
    assert_eq!(served(reply, &latest()).await.unwrap().digest, short);
}

#[tokio::test]
async fn the_type_is_the_one_that_is_said_or_found() {
    for (said, expected) in [
        (
            "application/vnd.oci.image.index.v1+json; charset=utf-8",
            media_type::OCI_INDEX,
        ),
        ("application/json", media_type::OCI_INDEX),
        ("text/plain", media_type::OCI_INDEX),
        ("application/x", "application/x"),
    ] {
        let fetched = served(Reply::ok(INDEX).header("content-type", said), &latest()).await;
        assert_eq!(fetched.unwrap().media_type, expected);
    }
    assert_eq!(
        served(Reply::ok("hello"), &latest())
            .await
            .unwrap()
            .media_type,
        ""
    );
}

#[tokio::test]
async fn no_more_than_a_manifest_is_held() {
    let large = vec![b' '; (4 << 20) + 1];
    for reply in [
        Reply::ok(large.clone()),
        Reply::ok(large.clone()).chunked(),
        Reply::ok("").header("content-length", i64::MAX),
    ] {
        let error = served(reply, &latest()).await.unwrap_err().to_string();
        assert!(error.contains("it has more than 4194304 bytes"), "{error}");
    }
    let most = Reply::ok(&large[1..]).chunked();
    assert_eq!(served(most, &latest()).await.unwrap().bytes.len(), 4 << 20);
}

#[tokio::test]
async fn the_types_are_asked_for() {
    let server = Server::start(|_| Reply::ok(INDEX)).await;
    let client = server.client();
    fetch(&client).await.unwrap();
    let wanted = [ManifestType::OciManifest];
    client
        .manifest(&repository(), &latest(), &wanted)
        .await
        .unwrap();
    let seen = server.seen();
    let all = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
    assert_eq!(seen[0].header("accept"), Some(all));
    assert_eq!(seen[1].header("accept"), Some(media_type::OCI_MANIFEST));
}

#[tokio::test]
async fn a_head_says_what_is_said() {
    let digest = digest(Algorithm::Sha256);
    let reply = Reply::ok(INDEX)
        .header("docker-content-digest", digest)
        .header("content-type", media_type::OCI_INDEX);
    let server = Server::start(move |_| reply.clone()).await;
    let head = server
        .client()
        .manifest_head(&repository(), &latest(), &[])
        .await
        .unwrap();
    assert_eq!(head.digest, Some(digest));
    assert_eq!(head.size, Some(INDEX.len() as u64));
    assert_eq!(head.media_type.as_deref(), Some(media_type::OCI_INDEX));
    assert_eq!(server.asked(), ["HEAD /v2/a/b/manifests/latest"]);
}

#[tokio::test]
async fn refusals_are_told_in_the_registrys_words() {
    let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"latest"}}]}"#;
    let error = served(Reply::new(404).body(body), &latest())
        .await
        .unwrap_err();
    assert!(error.is_not_found());
    let refusal = error.refusal().unwrap();
    assert!(refusal.has(wharf_spec::ErrorCode::ManifestUnknown));
    assert_eq!(refusal.errors[0].detail["Tag"], "latest");
    let text = error.to_string();
    assert!(text.ends_with("/a/b:latest was not found (404 Not Found: MANIFEST_UNKNOWN, manifest unknown): check the name; if it is private, log in"), "{text}");
}
