//! Mirrors and proxies.

use wharf_client::{ClientSettings, Credential, Mirror, Protocol, ProxyChoice, RegistryClient};
use wharf_spec::Reference;

use super::{fetch, repository};
use crate::reads::blobs::{drain, noise, part, sha256};
use crate::server::{Reply, Server};
use crate::settings::hasty;

fn mirrored(home: &Server, mirror: &Server) -> RegistryClient {
    let mirror = Mirror {
        registry: mirror.host(),
        path: "/some/path".to_owned(),
        protocol: Protocol::Automatic,
        credential: None,
    };
    let settings = ClientSettings {
        mirrors: vec![mirror],
        ..hasty()
    };
    let user = Credential::RegistryToken("secret".into());
    RegistryClient::new(home.host(), &settings, Some(user)).unwrap()
}

#[tokio::test]
async fn a_mirror_is_asked_first_and_without_the_credential() {
    let home = Server::start(|_| Reply::ok("{}")).await;
    let mirror = Server::start(|_| Reply::ok("{}")).await;
    fetch(&mirrored(&home, &mirror)).await.unwrap();
    assert_eq!(mirror.asked(), ["GET /some/path/v2/a/b/manifests/latest"]);
    assert_eq!(home.asked(), [""; 0]);
}

#[tokio::test]
async fn a_mirror_of_no_use_costs_one_request() {
    for reply in [
        Reply::new(404),
        Reply::new(401),
        Reply::new(503),
        Reply::gone(),
    ] {
        let home = Server::start(|_| Reply::ok("{}")).await;
        let mirror = Server::start(move |_| reply.clone()).await;
        fetch(&mirrored(&home, &mirror)).await.unwrap();
        assert_eq!(mirror.asked().len(), 1);
        assert_eq!(
            home.asked(),
            ["GET /v2/a/b/manifests/latest [Bearer secret]"]
        );
    }
}

#[tokio::test]
async fn a_proxy_is_told_whom_to_ask() {
    let proxy = Server::start(|_| Reply::ok("{}")).await;
    let settings = ClientSettings {
        proxy: ProxyChoice::At(proxy.url("")),
        protocol: Protocol::PlainHttp,
        ..hasty()
    };
    let host = "registry.test:5000".parse().unwrap();
    fetch(&RegistryClient::new(host, &settings, None).unwrap())
        .await
        .unwrap();
    assert_eq!(
        proxy.asked(),
        ["GET http://registry.test:5000/v2/a/b/manifests/latest"]
    );
    for wrong in ["http://u:secret@:x", "htp://u:secret@proxy.test:1"] {
        let settings = ClientSettings {
            proxy: ProxyChoice::At(wrong.to_owned()),
            ..hasty()
        };
        let host = "registry.test".parse().unwrap();
        let error = RegistryClient::new(host, &settings, None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("the address of a proxy") && !error.contains("secret"),
            "{error}"
        );
    }
}

/// Runs this test again, in a process of its own whose environment names a proxy.
const PROXIED: &str =
    "transport::mirrors::a_registry_of_this_machine_is_asked_without_the_proxy_of_the_environment";

#[tokio::test]
async fn a_registry_of_this_machine_is_asked_without_the_proxy_of_the_environment() {
    let is_child = std::env::var_os("WHARF_TEST_PROXIED").is_some();
    if !is_child {
        let proxy = Server::start(|_| Reply::new(403)).await;
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", PROXIED]);
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            child.env_remove(name).env_remove(name.to_uppercase());
        }
        child.env("http_proxy", proxy.url(""));
        let done = child.env("WHARF_TEST_PROXIED", "1").output().await.unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        // Others are still asked by it.
        assert_eq!(
            proxy.asked(),
            ["GET http://registry.test:5000/v2/a/b/manifests/latest"]
        );
        return;
    }
    let settings = ClientSettings {
        proxy: ProxyChoice::Environment,
        protocol: Protocol::PlainHttp,
        ..hasty()
    };
    let own = Server::start(|_| Reply::ok("{}")).await;
    let hosts = [
        own.host(),
        format!("localhost:{}", own.address.port()).parse().unwrap(),
    ];
    for host in hosts {
        let client = RegistryClient::new(host, &settings, None).unwrap();
        fetch(&client).await.unwrap();
    }
    assert_eq!(own.asked().len(), 2);
    let other = "registry.test:5000".parse().unwrap();
    let client = RegistryClient::new(other, &settings, None).unwrap();
    fetch(&client).await.unwrap_err();
}

/// A blob of `home` as `mirror` gives it; what came, and how it ended.
async fn pull(home: &Server, mirror: &Server, size: bool) -> (Vec<u8>, Option<String>) {
    pull_by(&mirrored(home, mirror), size).await
}

async fn pull_by(client: &RegistryClient, size: bool) -> (Vec<u8>, Option<String>) {
    let blob = noise(LENGTH);
    let size = size.then_some(LENGTH as u64);
    let (bytes, end) = drain(client.blob(&repository(), sha256(&blob), size)).await;
    (bytes, end.err().map(|error| error.to_string()))
}

/// A registry that has the blob.
async fn whole() -> Server {
    let blob = noise(LENGTH);
    Server::start(move |seen| part(seen, &blob)).await
}

fn ranges(server: &Server) -> Vec<String> {
    let range = |seen: &crate::server::Seen| seen.header("range").unwrap_or("all").to_owned();
    server.seen().iter().map(range).collect()
}

const LENGTH: usize = 300_000;

#[tokio::test]
async fn a_manifest_that_a_mirror_made_up_is_read_at_home() {
    let real = r#"{"schemaVersion":2}"#;
    let digest = Reference::Digest(sha256(real.as_bytes()));
    for reference in [digest, "latest".parse().unwrap()] {
        let home = Server::start(move |_| Reply::ok(real)).await;
        let said = sha256(real.as_bytes());
        let mirror =
            Server::start(move |_| Reply::ok("{}").header("docker-content-digest", said)).await;
        let client = mirrored(&home, &mirror);
        for _ in 0..2 {
            let fetched = client
                .manifest(&repository(), &reference, &[])
                .await
                .unwrap();
            assert_eq!(fetched.bytes, real);
        }
        // It is not asked twice.
        assert_eq!(mirror.asked().len(), 1);
        assert_eq!(home.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_mirror_that_says_another_size_is_left_before_anything_was_read() {
    let home = whole().await;
    for said in [1, LENGTH - 1, LENGTH + 1] {
        let mirror = Server::start(move |_| Reply::ok(vec![0; said])).await;
        let (bytes, end) = pull(&home, &mirror, true).await;
        assert_eq!(end, None);
        assert!(bytes == noise(LENGTH), "{said}");
        assert_eq!(mirror.asked().len(), 1);
    }
    assert_eq!(ranges(&home), ["all"; 3]);
}

#[tokio::test]
async fn a_mirror_that_breaks_off_is_asked_once_more_and_then_left() {
    for size in [true, false] {
        let home = whole().await;
        let blob = noise(LENGTH);
        let mirror = Server::start(move |seen| part(seen, &blob).stop(100_000)).await;
        let (bytes, end) = pull(&home, &mirror, size).await;
        assert_eq!(end, None);
        assert!(bytes == noise(LENGTH));
        assert_eq!(ranges(&mirror), ["all", "bytes=100000-"]);
        assert_eq!(ranges(&home), ["bytes=200000-"]);
    }
}

#[tokio::test]
async fn a_mirror_that_sends_more_than_there_is_is_left_where_it_stands() {
    let home = whole().await;
    let mut long = noise(LENGTH);
    long.extend_from_slice(b"more");
    let mirror = Server::start(move |_| Reply::ok(long.clone()).chunked()).await;
    let (bytes, end) = pull(&home, &mirror, true).await;
    assert_eq!(end, None);
    assert!(bytes == noise(LENGTH));
}

#[tokio::test]
async fn what_a_mirror_made_up_is_an_error_once_it_was_given_out() {
    let home = whole().await;
    let mut other = noise(LENGTH);
    other[10] ^= 1;
    let mirror = Server::start(move |seen| part(seen, &other)).await;
    let client = mirrored(&home, &mirror);
    let (bytes, end) = pull_by(&client, true).await;
    assert!(bytes.len() < LENGTH);
    let end = end.unwrap();
    let named = format!(
        "which came from the mirror {}, has the digest",
        mirror.address
    );
    assert!(end.contains(&named), "{end}");
    assert_eq!(home.asked(), [""; 0]);
    // The next one does not ask it.
    let (bytes, end) = pull_by(&client, true).await;
    assert_eq!(end, None);
    assert!(bytes == noise(LENGTH));
    assert_eq!(mirror.asked().len(), 1);
}

#[tokio::test]
async fn what_a_mirror_made_up_and_nobody_saw_is_read_at_home() {
    let blob = noise(1000);
    let all = blob.clone();
    let home = Server::start(move |seen| part(seen, &all)).await;
    let mirror = Server::start(|_| Reply::ok(vec![7; 1000])).await;
    let client = mirrored(&home, &mirror);
    let (bytes, end) = drain(client.blob(&repository(), sha256(&blob), Some(1000))).await;
    end.unwrap();
    assert!(bytes == blob);
    assert_eq!(home.asked().len(), 1);
}
