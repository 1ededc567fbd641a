//! Two servers on one bucket, request by request.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::digest::sha256;
use wharf_e2e::server::{Kind, Server, Setup};

fn path(location: &str) -> &str {
    let start = location.find("/v2/").unwrap();
    &location[start..]
}

fn pair(section: &Value) -> [Server; 2] {
    let start = || Setup::of(Kind::Wharf).bucket("s3", section.clone()).start();
    [start(), start()]
}

#[test]
fn who_is_late_takes_nothing_from_who_went_on() {
    takes_nothing(&Bucket::shared().section("late"));
}

#[test]
fn who_is_late_takes_nothing_from_who_went_on_at_versity() {
    let bucket = Bucket::of_versity();
    takes_nothing(&bucket.section("late"));
}

/// The connection to the first hangs, so the client goes on at the second; then the first notices.
fn takes_nothing(section: &Value) {
    let [one, other] = pair(section);
    for begun in ["", "begun, "] {
        let upload = one.http().post("/v2/a/b/blobs/uploads/").expect(202);
        let upload = path(upload.header("location")).to_owned();
        if !begun.is_empty() {
            one.http().patch(&upload).body(begun).expect(202);
        }
        let mut hanging = TcpStream::connect(one.host()).unwrap();
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\nlost",
            one.host()
        );
        hanging.write_all(head.as_bytes()).unwrap();
        // It has opened the upload by then.
        std::thread::sleep(Duration::from_millis(500));
        other.http().patch(&upload).body("kept, ").expect(202);
        drop(hanging);
        std::thread::sleep(Duration::from_millis(1000));
        let whole = format!("{begun}kept, and done");
        let range = format!("0-{}", begun.len() + "kept, ".len() - 1);
        let status = one.http().get(&upload).expect(204);
        assert_eq!(status.header("range"), range);
        let digest = sha256(whole.as_bytes());
        let end = format!("{upload}?digest={digest}");
        one.http().put(&end).body("and done").expect(201);
        let blob = other
            .http()
            .get(&format!("/v2/a/b/blobs/{digest}"))
            .expect(200);
        assert_eq!(blob.body, whole.as_bytes());
    }
}

#[test]
fn each_sees_what_the_other_has_done_with_an_upload() {
    sees_it(&Bucket::shared().section("seen"));
}

#[test]
fn each_sees_what_the_other_has_done_with_an_upload_at_versity() {
    let bucket = Bucket::of_versity();
    sees_it(&bucket.section("seen"));
}

/// What one has just been told, it need not look up; what the other has done, it sees all the same.
fn sees_it(section: &Value) {
    let [one, other] = pair(section);
    let upload = one.http().post("/v2/a/b/blobs/uploads/").expect(202);
    let upload = path(upload.header("location")).to_owned();
    one.http().patch(&upload).body("a").expect(202);
    other.http().patch(&upload).body("b").expect(202);
    let digest = sha256(b"abc");
    let end = format!("{upload}?digest={digest}");
    one.http().put(&end).body("c").expect(201);
    other.http().get(&upload).expect(404);

    let upload = one.http().post("/v2/a/b/blobs/uploads/").expect(202);
    let upload = path(upload.header("location")).to_owned();
    one.http().patch(&upload).body("a").expect(202);
    other.http().delete(&upload).expect(204);
    one.http().patch(&upload).body("b").expect(404);
    other.http().get(&upload).expect(404);
}
