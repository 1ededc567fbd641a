//! What is told of exchanges.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wharf_client::{
    Authorization, ClientSettings, Credential, Exchange, Observer, Purpose, RegistryClient,
    SentContent,
};

use super::{fetch, repository};
use crate::reads::{noise, sha256};
use crate::server::{Reply, Seen, Server};
use crate::settings::hasty;

type Told = Arc<Mutex<Vec<Exchange>>>;

/// A client that tells what it does.
fn told(server: &Server, credential: Option<Credential>) -> (RegistryClient, Told) {
    let told = Told::default();
    let list = Arc::clone(&told);
    let observer = Observer::new(move |it: &Exchange| list.lock().unwrap().push(it.clone()));
    let settings = ClientSettings {
        observer: Some(observer),
        ..hasty()
    };
    let client = RegistryClient::new(server.host(), &settings, credential).unwrap();
    (client, told)
}

/// An exchange in one line; the server's address is left out.
fn line(exchange: &Exchange, server: &Server) -> String {
    let outcome = match &exchange.outcome {
        Ok(head) => head.status.to_string(),
        Err(_) => "broken".to_owned(),
    };
    let Exchange {
        purpose,
        redirects,
        method,
        url,
        authorization,
        ..
    } = exchange;
    let url = url.replace(&server.url(""), "");
    format!("{purpose:?} {redirects} {method} {url} {authorization:?} {outcome}")
}

fn lines(told: &Told, server: &Server) -> Vec<String> {
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert!(!format!("{told:?}").contains("hidden"), "{told:?}");
    let registry = server.address.to_string();
    assert!(told.iter().all(|it| it.registry == registry), "{told:?}");
    told.iter().map(|it| line(it, server)).collect()
}

/// One that wants a token, or a password in its place, from itself.
fn answer(seen: &Seen) -> Reply {
    let host = seen.header("host").unwrap();
    if seen.path.starts_with("/token") {
        return Reply::ok(r#"{"token": "hidden-token", "refresh_token": "hidden-refresh"}"#);
    }
    if seen.header("authorization").is_none() && seen.path.starts_with("/v2/") {
        let bearer = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
        return Reply::new(401).header("www-authenticate", bearer);
    }
    match seen.path.as_str() {
        "/v2/" | "/bucket" => Reply::ok("{}"),
        path if path.contains("/manifests/") => Reply::ok("{}").header("x-odd", "1"),
        path if seen.method == "GET" && path.contains("/blobs/sha256") => {
            Reply::new(307).header("location", "/bucket")
        }
        path if path.contains("mount=") || path.ends_with("/uploads/") => {
            Reply::new(202).header("location", "/v2/a/b/blobs/uploads/1")
        }
        path if path.contains("/uploads/1") => match seen.method.as_str() {
            "PATCH" => Reply::new(202).header("location", path),
            "PUT" => Reply::new(201),
            _ => Reply::new(204),
        },
        _ => Reply::new(404),
    }
}

#[tokio::test]
async fn every_exchange_is_told_without_secrets() {
    let server = Server::start(answer).await;
    let (client, told) = told(
        &server,
        Some(Credential::password("user", "hidden-password")),
    );
    client.ping().await.unwrap();
    fetch(&client).await.unwrap();
    let scope = "repository%3Aa%2Fb%3Apull";
    let token = "/token?client_id=wharf&service=s&account=user";
    assert_eq!(
        lines(&told, &server),
        [
            "Ping 0 GET /v2/ Nothing 401".to_owned(),
            format!("Token([]) 0 GET {token} Basic(\"user\") 200"),
            "Ping 0 GET /v2/ Bearer([]) 200".to_owned(),
            format!(
                "Token([\"repository:a/b:pull\"]) 0 GET {token}&scope={scope} Basic(\"user\") 200"
            ),
            "Manifest(Tag(Tag(\"latest\"))) 0 GET /v2/a/b/manifests/latest Bearer([\"repository:a/b:pull\"]) 200"
                .to_owned(),
        ]
    );
}

#[tokio::test]
async fn redirects_are_told_one_by_one() {
    let server = Server::start(answer).await;
    let (client, told) = told(&server, Some(Credential::RegistryToken("hidden".into())));
    let digest = sha256(b"{}");
    let mut reader = client.blob(&repository(), digest, Some(2));
    while reader.chunk().await.unwrap().is_some() {}
    assert_eq!(
        told.lock().unwrap()[0]
            .outcome
            .as_ref()
            .unwrap()
            .header("location"),
        Some("/bucket")
    );
    let purpose = format!("{:?}", Purpose::Blob(digest));
    assert_eq!(
        lines(&told, &server),
        [
            format!("{purpose} 0 GET /v2/a/b/blobs/{digest} RegistryToken 307"),
            format!("{purpose} 1 GET /bucket RegistryToken 200"),
        ]
    );
}

#[tokio::test]
async fn what_was_sent_is_told() {
    let server = Server::start(answer).await;
    let token = Credential::IdentityToken {
        username: None,
        token: "hidden".into(),
    };
    let (client, told) = told(&server, Some(token));
    let blob = Bytes::from(noise(200_000));
    let digest = sha256(&blob);
    let source = Arc::new(blob);
    let others = ["c".parse().unwrap()];
    client
        .push_blob(&repository(), &digest, 200_000, source, &others)
        .await
        .unwrap();
    let all = told.lock().unwrap().clone();
    let of = |wanted: &Purpose| {
        all.iter()
            .filter(|it| it.purpose == *wanted)
            .collect::<Vec<_>>()
    };
    let chunk = of(&Purpose::UploadChunk { digest, offset: 0 });
    assert_eq!(chunk[0].content, SentContent::Bytes(200_000));
    assert_eq!(
        chunk[0].headers,
        [(
            "content-type".to_owned(),
            "application/octet-stream".to_owned()
        )]
    );
    let from = "c".parse().unwrap();
    let mount = of(&Purpose::Mount { digest, from })[0];
    assert_eq!(
        mount.headers,
        [("content-length".to_owned(), "0".to_owned())]
    );
    assert_eq!(mount.content, SentContent::Nothing);
    assert_eq!(of(&Purpose::UploadEnd(digest)).len(), 1);
    assert_eq!(
        of(&Purpose::BlobHead(digest))[0].authorization,
        Authorization::Nothing
    );
    let SentContent::Form(fields) = &all[1].content else {
        panic!("{:?}", all[1]);
    };
    let field = |name: &str| {
        fields
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .value
            .clone()
    };
    assert_eq!(field("grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(field("scope").as_deref(), Some("repository:a/b:pull,push"));
    assert_eq!(field("refresh_token"), None);
    lines(&told, &server);
}

#[tokio::test]
async fn attempts_that_fail_are_told_and_headers_of_no_interest_are_not() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        if seen.is_head {
            return Reply::default();
        }
        match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Reply::gone(),
            1 => Reply::new(503).header("retry-after", 0),
            _ => Reply::ok("{}")
                .header("x-odd", 1)
                .header("content-type", "a/b"),
        }
    })
    .await;
    let (client, told) = told(&server, None);
    fetch(&client).await.unwrap();
    let told = told.lock().unwrap().clone();
    assert!(
        told[0]
            .outcome
            .as_ref()
            .unwrap_err()
            .contains("the connection broke")
    );
    assert_eq!(
        told[1].outcome.as_ref().unwrap().header("retry-after"),
        Some("0")
    );
    let head = told[2].outcome.as_ref().unwrap();
    let names: Vec<_> = head.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-length", "content-type"]);
    assert!(told[2].headers.iter().any(|(name, _)| name == "accept"));
}

#[tokio::test]
async fn manifests_are_told_once_they_were_verified() {
    let server = Server::start(answer).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&told);
    let observer = Observer::new(|_| {});
    let observer = observer.with_manifests(move |it| list.lock().unwrap().push(it.clone()));
    let settings = ClientSettings {
        observer: Some(observer),
        ..hasty()
    };
    let token = Some(Credential::RegistryToken("hidden".into()));
    let client = RegistryClient::new(server.host(), &settings, token).unwrap();
    let fetched = fetch(&client).await.unwrap();
    let other = wharf_spec::Reference::Digest(sha256(b"other"));
    let refused = client.manifest(&repository(), &other, &[]).await;
    assert!(refused.is_err());
    assert_eq!(*told.lock().unwrap(), [fetched]);
}
