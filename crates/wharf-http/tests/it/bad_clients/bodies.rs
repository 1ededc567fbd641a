//! Bodies that end too early or too late.

use wharf_spec::media_type::OCI_MANIFEST;
use wharf_store::MemoryStore;

use crate::fixtures::{LAYER, image, noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::{Client, Request};

/// A chunk that is announced to be twice as long as what is sent of it.
async fn half_a_chunk(wharf: &Wharf, upload: &str, sent: &[u8]) -> Client {
    let mut client = wharf.connect().await;
    let request = Request::patch(upload).header("Content-Length", sent.len() * 2);
    client.send(request.bytes()).await;
    client.send(sent).await;
    client
}

/// The upload goes on after `sent` and becomes the blob that it would have been.
async fn goes_on(wharf: &Wharf, upload: &str, sent: &[u8]) {
    wharf.upload_reaches(upload, sent.len()).await;
    let whole = [sent, b"the rest"].concat();
    let range = format!("{}-{}", sent.len(), whole.len() - 1);
    let end =
        Request::put(&format!("{upload}?digest={}", sha256(&whole))).header("Content-Range", range);
    let done = wharf.ask(end.body("the rest")).await;
    assert_eq!(done.status, 201, "{}", done.show());
    assert!(wharf.ask(Request::get(&done.location())).await.body == whole);
}

#[tokio::test]
async fn what_came_before_a_half_close_is_kept() {
    let wharf = Wharf::start().await;
    for sent in [&b"half"[..], &noise((2 << 20) + 5)] {
        let upload = wharf.start_upload("a").await;
        let mut client = half_a_chunk(&wharf, &upload, sent).await;
        client.half_close().await;
        let response = client.response().await;
        assert_eq!(
            (response.status, response.codes()),
            (400, vec!["SIZE_INVALID".to_owned()])
        );
        assert_eq!(response.header("Connection"), Some("close"));
        client.is_closed().await;
        goes_on(&wharf, &upload, sent).await;
    }
}

/// What a reset finds in the socket is lost, but nothing that the server has read.
#[tokio::test]
async fn what_came_before_a_reset_is_kept() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let whole = noise(3 << 20);
    let upload = wharf.start_upload("a").await;
    let client = half_a_chunk(&wharf, &upload, &whole).await;
    let mut kept = 0;
    while kept < 1 << 20 {
        kept = wharf.upload_size(&upload).await;
    }
    client.stream.set_zero_linger().unwrap();
    drop(client);

    let end = format!("{upload}?digest={}", sha256(&whole));
    loop {
        let size = wharf.upload_size(&upload).await;
        assert!(size >= kept && size < whole.len() + 1);
        let range = format!("{size}-{}", whole.len() - 1);
        let request = if size < whole.len() {
            Request::put(&end).header("Content-Range", range)
        } else {
            Request::put(&end)
        };
        let done = wharf.ask(request.body(&whole[size..])).await;
        // Until the server has noticed, more may be kept between question and attempt.
        if done.status != 416 {
            assert_eq!(done.status, 201, "{}", done.show());
            assert!(wharf.ask(Request::get(&done.location())).await.body == whole);
            return;
        }
    }
}

#[tokio::test]
async fn what_came_before_the_client_left_is_kept() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    drop(half_a_chunk(&wharf, &upload, b"half").await);
    goes_on(&wharf, &upload, b"half").await;
}

#[tokio::test]
async fn an_end_that_breaks_off_ends_nothing() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    // The digest is that of what was sent, so that only the length speaks against it.
    let request =
        Request::put(&format!("{upload}?digest={}", sha256("half"))).header("Content-Length", 8);
    client
        .send([request.bytes(), b"half".to_vec()].concat())
        .await;
    client.half_close().await;
    assert_eq!(client.response().await.status, 400);
    let blob = format!("/v2/a/blobs/{}", sha256("half"));
    assert_eq!(wharf.ask(Request::get(&blob)).await.status, 404);
    goes_on(&wharf, &upload, b"half").await;
}

#[tokio::test]
async fn a_whole_blob_that_breaks_off_leaves_nothing() {
    let store = MemoryStore::default();
    let wharf = Setup::on(store.clone()).start().await;
    let mut client = wharf.connect().await;
    let request = Request::new(
        "POST",
        &format!("/v2/a/blobs/uploads/?digest={}", sha256("half")),
    );
    client
        .send(
            [
                request.header("Content-Length", 8).bytes(),
                b"half".to_vec(),
            ]
            .concat(),
        )
        .await;
    client.half_close().await;
    let response = client.response().await;
    assert_eq!(
        (response.status, response.codes()),
        (400, vec!["SIZE_INVALID".to_owned()])
    );
    assert_eq!(
        store.snapshot().into_keys().collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_manifest_that_breaks_off_is_not_stored() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let manifest = image(OCI_MANIFEST).to_string();
    let mut client = wharf.connect().await;
    let request = Request::put("/v2/a/manifests/b").header("Content-Type", OCI_MANIFEST);
    let request = request.header("Content-Length", manifest.len() + 1);
    client
        .send([request.bytes(), manifest.into_bytes()].concat())
        .await;
    client.half_close().await;
    assert_eq!(client.response().await.status, 400);
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/b")).await.status,
        404
    );
}

/// The surplus is read as the next request, which it is not.
#[tokio::test]
async fn a_surplus_ends_the_connection() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let request = Request::patch(&upload).header("Content-Length", 3);
    client
        .send([request.bytes(), b"012 and more\r\n\r\n".to_vec()].concat())
        .await;
    assert_eq!(client.response().await.header("Range"), Some("0-2"));
    assert_eq!(client.response().await.status, 400);
    client.is_closed().await;
    wharf.upload_reaches(&upload, 3).await;
}

#[tokio::test]
async fn a_refused_body_does_not_cost_the_connection() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    for (request, status) in [
        (Request::patch("/v2/a/blobs/uploads/none"), 404),
        (Request::put("/v2/a/manifests/.b"), 400),
        (Request::post("/nowhere"), 404),
        (Request::put("/v2/_catalog"), 405),
    ] {
        assert_eq!(
            client.ask(request.body(noise(1 << 20))).await.status,
            status
        );
    }
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

/// RFC 9112, section 9.3: a server reads the whole request, or closes after the answer. To
/// close while the client is still sending may cost it the answer.
#[tokio::test]
async fn a_body_that_is_not_wanted_does_not_cost_the_connection() {
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    let blob = format!("/v2/a/blobs/{digest}");
    let mut client = wharf.connect().await;
    for (request, status) in [
        (Request::get(&blob), 200),
        (Request::get(&blob).header("If-None-Match", "*"), 304),
        (Request::get("/v2/"), 200),
        (
            Request::post(&format!("/v2/b/blobs/uploads/?mount={digest}&from=a")),
            201,
        ),
        (Request::post("/v2/b/blobs/uploads/"), 202),
        (Request::get("/v2"), 301),
        (Request::delete(&blob), 202),
    ] {
        assert_eq!(
            client.ask(request.body(noise(1 << 20))).await.status,
            status
        );
    }
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

/// It is not read to its end, but the answer comes.
#[tokio::test]
async fn a_refused_body_without_end_gets_its_answer() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    let request = Request::patch("/v2/a/blobs/uploads/none").header("Content-Length", 1_u64 << 40);
    client.send(request.bytes()).await;
    client.send_what_it_takes(&vec![0; 64 << 20]).await;
    assert_eq!(client.response().await.status, 404);
    client.rest().await;
    wharf.is_well().await;
}
