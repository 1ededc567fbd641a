//! Answers that send elsewhere.

use wharf_client::{ClientError, Credential};
use wharf_spec::{Algorithm, Digest};

use super::{fetch, repository};
use crate::server::{Reply, Server};

const BODY: &[u8] = b"the bytes of a blob";

fn digest() -> Digest {
    wharf_hash::digest(Algorithm::Sha256, BODY)
}

/// A registry that wants a password and sends to `target` for blobs.
async fn registry(target: String) -> Server {
    Server::start(move |seen| match seen.header("authorization") {
        None => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
        Some(_) if seen.path == "/own" => Reply::ok(BODY),
        Some(_) => Reply::new(307).header("location", &target),
    })
    .await
}

async fn pull(server: &Server) -> Result<Vec<u8>, ClientError> {
    let client = server.client_of(Credential::password("user", "pass"));
    let mut reader = client.blob(&repository(), digest(), Some(BODY.len() as u64));
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[tokio::test]
async fn nobody_else_sees_the_password() {
    let bucket = Server::start(|_| Reply::ok(BODY)).await;
    let name = format!(
        "http://user:secret@{}/bucket?signature=x#part",
        bucket.address
    );
    let server = registry(name).await;
    assert_eq!(pull(&server).await.unwrap(), BODY);
    assert_eq!(bucket.asked(), ["GET /bucket?signature=x"]);
    // The same machine under another name, or another port, is somebody else.
    let local = format!("http://localhost:{}/bucket", bucket.address.port());
    let server = registry(local).await;
    assert_eq!(pull(&server).await.unwrap(), BODY);
    assert_eq!(bucket.asked(), ["GET /bucket"]);
}

#[tokio::test]
async fn the_registry_itself_sees_it_again() {
    let server = registry("/own".to_owned()).await;
    assert_eq!(pull(&server).await.unwrap(), BODY);
    assert_eq!(server.asked()[2], "GET /own [Basic dXNlcjpwYXNz]");
}

#[tokio::test]
async fn a_challenge_from_elsewhere_is_not_answered() {
    let bucket =
        Server::start(|_| Reply::new(401).header("www-authenticate", "Basic realm=\"x\"")).await;
    let server = registry(bucket.url("/bucket")).await;
    let error = pull(&server).await.unwrap_err();
    assert!(matches!(error, ClientError::Denied { .. }), "{error}");
    assert_eq!(bucket.asked(), ["GET /bucket"]);
}

#[tokio::test]
async fn redirects_have_an_end() {
    let server = Server::start(|seen| {
        let next = seen
            .path
            .strip_prefix("/hop/")
            .map_or(0, |it| it.parse::<u32>().unwrap())
            + 1;
        Reply::new(307).header("location", format!("/hop/{next}"))
    })
    .await;
    let error = fetch(&server.client()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it sends elsewhere more than 10 times"),
        "{error}"
    );
    assert_eq!(server.asked().len(), 11);
}

#[tokio::test]
async fn odd_targets_are_refused() {
    for target in [
        "ftp://x/y",
        "file:///etc/passwd",
        "http://",
        "data:,x",
        "unix:/run/x",
    ] {
        let server = registry(target.to_owned()).await;
        let error = pull(&server).await.unwrap_err();
        assert!(
            error.to_string().contains("no address of the web"),
            "{target}: {error}"
        );
    }
}
