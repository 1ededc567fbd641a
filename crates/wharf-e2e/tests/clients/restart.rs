//! Uploads that outlive the server, and the connection that began them.

use bytes::Bytes;
use wharf_e2e::digest::sha256;
use wharf_e2e::noise;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup};

/// A path and nothing else: what a client keeps that drops the query of `Location`.
fn without_query(location: &str) -> &str {
    location.split_once('?').map_or(location, |(path, _)| path)
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    goes_on_after(|server| assert!(server.stop().success()));
}

#[test]
fn an_upload_goes_on_after_kill_9() {
    goes_on_after(wharf_e2e::server::Server::kill);
}

fn goes_on_after(end: impl Fn(wharf_e2e::server::Server)) {
    let scratch = Scratch::new();
    let data = scratch.join("data");
    let bytes = Bytes::from(noise::bytes(7, 3_000_000));
    let (first, rest) = (bytes.slice(..1_000_000), bytes.slice(1_000_000..));

    let server = Setup::of(Kind::Wharf).data(&data).start();
    let session = server
        .http()
        .post("/v2/restart/app/blobs/uploads/")
        .expect(202);
    let location = without_query(session.header("location")).to_owned();
    let chunk = server.http().patch(&location).body(first).expect(202);
    assert_eq!(chunk.header("range"), "0-999999");
    // A second chunk breaks off: what came of it is kept.
    server
        .http()
        .interrupted_patch(&location, rest.len(), &rest[..500_000]);
    end(server);

    let server = Setup::of(Kind::Wharf).data(&data).start();
    let status = server.http().get(&location).expect(204);
    let size: usize = status
        .header("range")
        .trim_start_matches("0-")
        .parse()
        .unwrap();
    let size = size + 1;
    assert!(
        (1_000_000..=1_500_000).contains(&size),
        "the upload stands at {size}"
    );
    let digest = sha256(&bytes);
    let put = server
        .http()
        .put(&format!("{location}?digest={digest}"))
        .body(bytes.slice(size..));
    put.expect(201);
    let blob = server
        .http()
        .get(&format!("/v2/restart/app/blobs/{digest}"))
        .expect(200);
    assert_eq!(blob.body, bytes);
}

#[test]
fn a_stop_lets_a_transfer_finish() {
    let scratch = Scratch::new();
    let data = scratch.join("data");
    let server = Setup::of(Kind::Wharf).data(&data).drain_timeout(20).start();
    let bytes = Bytes::from(noise::bytes(8, 200_000_000));
    let digest = sha256(&bytes);
    let target = format!("/v2/restart/drain/blobs/uploads/?digest={digest}");
    let http = server.http().clone();
    let pushing = std::thread::spawn(move || http.post(&target).body(bytes).try_send());
    // The upload has begun once its file is there.
    let uploads = data.join("docker/registry/v2/repositories/restart/drain/_uploads");
    while !uploads.is_dir() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let status = server.stop();
    assert!(status.success(), "{status}");
    assert_eq!(pushing.join().unwrap().map(|answer| answer.status), Ok(201));

    let server = Setup::of(Kind::Wharf).data(&data).start();
    server
        .http()
        .head(&format!("/v2/restart/drain/blobs/{digest}"))
        .expect(200);
}
