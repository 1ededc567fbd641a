//! Many answers on one connection, files and others, asked for before any is read.

use serde_json::json;
use wharf_spec::media_type;

use super::{Files, LONG, path};
use crate::fixtures::{image, noise};
use crate::wire::Request;

#[tokio::test]
async fn pipelined_blobs_and_manifests_come_in_order() {
    let files = Files::start().await;
    files.wharf.push_parts("a").await;
    let manifest = image(media_type::OCI_MANIFEST);
    files.wharf.push_manifest("a", "latest", &manifest).await;
    let (long, long_path) = files.blob(LONG).await;
    let (short, short_path) = files.blob(100).await;
    let missing = path(crate::fixtures::sha256("nothing"));
    let all = [
        Request::get(&long_path),
        Request::get("/v2/a/manifests/latest"),
        Request::get(&long_path).header("Range", "bytes=70000-1900000"),
        Request::head(&long_path),
        Request::get(&short_path),
        Request::get(&missing),
        Request::get(&long_path).header("Range", "bytes=0-99,100000-1200000"),
        Request::get(&long_path),
        Request::get("/v2/a/tags/list"),
    ];
    let mut client = files.wharf.connect().await;
    for _ in 0..3 {
        let bytes: Vec<u8> = all.iter().flat_map(Request::bytes).collect();
        client.send(bytes).await;
        assert!(client.response().await.body == long);
        assert_eq!(client.response().await.text(), manifest.to_string());
        assert!(client.response().await.body == long[70_000..=1_900_000]);
        assert_eq!(
            client.head().await.header("Content-Length"),
            Some(LONG.to_string().as_str())
        );
        assert!(client.response().await.body == short);
        assert_eq!(client.response().await.codes(), ["BLOB_UNKNOWN"]);
        let parts = client.response().await;
        assert_eq!(parts.status, 206);
        let wanted = &long[100_000..=1_200_000];
        assert!(parts.body.windows(wanted.len()).any(|part| part == wanted));
        assert!(client.response().await.body == long);
        assert_eq!(
            client.response().await.json(),
            json!({ "name": "a", "tags": ["latest"] })
        );
    }
}

#[tokio::test]
async fn a_push_between_two_pulls_is_understood() {
    let files = Files::start().await;
    let (long, long_path) = files.blob(LONG).await;
    let pushed = noise(200_000);
    let digest = crate::fixtures::sha256(&pushed);
    let push = Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(&pushed);
    let mut client = files.wharf.connect().await;
    for request in [
        Request::get(&long_path),
        push,
        Request::get(&path(digest)),
        Request::get(&long_path),
    ] {
        client.send(request.bytes()).await;
    }
    assert!(client.response().await.body == long);
    assert_eq!(client.response().await.status, 201);
    assert!(client.response().await.body == pushed);
    assert!(client.response().await.body == long);
}

#[tokio::test]
async fn a_hundred_clients_get_what_they_asked_for() {
    let files = Files::start().await;
    let (content, path) = files.blob(LONG).await;
    let address = files.wharf.address;
    let mut pulls = tokio::task::JoinSet::new();
    for number in 0..100 {
        let path = path.clone();
        pulls.spawn(async move {
            let mut client = crate::wire::Client::connect(address).await;
            let range = format!("bytes={}-", number * 1000);
            let request = Request::get(&path).header("Range", range);
            (number * 1000, client.ask(request).await.body)
        });
    }
    while let Some(pulled) = pulls.join_next().await {
        let (start, body) = pulled.unwrap();
        assert!(body == content[start..], "{start}");
    }
}
