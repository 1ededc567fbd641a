//! Two requests for one upload: the client has come back before its old connection is
//! known to be dead.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_store::{
    Appender, Durability, FileStore, Hold, Listing, Payload, Removal, Result, Stat, Store,
    StorePath,
};

use crate::fixtures::{noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// A store whose appends begin late, as they do on a busy machine.
struct Late(FileStore);

struct LateAppender(Box<dyn Appender>);

const LATE: Duration = Duration::from_millis(300);

// === impl Late ===

#[async_trait]
impl Store for Late {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.0.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.0.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.0.size(path).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        self.0.put(path, content, durability).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        Ok(Box::new(LateAppender(self.0.appender(path).await?)))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.0.publish(from, to).await
    }

    async fn settle(&self, path: &StorePath) -> Result<()> {
        self.0.settle(path).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.0.list(path).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.0.remove(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.0.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.0.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.0.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.0.touch(path).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.0.now().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.0.remove_untouched(path, since).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.0.move_untouched(path, to, since).await
    }
}

#[async_trait]
impl Appender for LateAppender {
    fn len(&self) -> u64 {
        self.0.len()
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        tokio::time::sleep(LATE).await;
        self.0.write(frames).await
    }

    async fn sync(&mut self) -> Result<()> {
        self.0.sync().await
    }
}

#[tokio::test]
async fn a_later_request_takes_over() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut hanging = wharf.connect().await;
    hanging
        .send(
            Request::patch(&upload)
                .header("Content-Length", 100)
                .bytes(),
        )
        .await;
    hanging.send("half").await;
    tokio::time::sleep(Duration::from_millis(50)).await;

    let later = wharf
        .ask(Request::patch(&upload).body("from the start"))
        .await;
    assert_eq!(later.status, 202, "{}", later.show());
    let response = hanging.response().await;
    assert_eq!(
        (response.status, response.codes()),
        (409, vec!["BLOB_UPLOAD_INVALID".to_owned()])
    );
    hanging.is_closed().await;

    // What the earlier one brought comes first, if it was kept.
    let kept = later.header("Range").unwrap();
    let content = ["0-13", "0-17"].iter().position(|range| *range == kept);
    let content = ["from the start", "halffrom the start"][content.unwrap()];
    let end = Request::put(&format!("{upload}?digest={}", sha256(content)));
    assert_eq!(wharf.ask(end).await.status, 201);
}

#[tokio::test]
async fn a_question_is_no_takeover() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut hanging = wharf.connect().await;
    hanging
        .send(Request::patch(&upload).header("Content-Length", 8).bytes())
        .await;
    hanging.send("half").await;
    for _ in 0..5 {
        wharf.upload_size(&upload).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    hanging.send("half").await;
    assert_eq!(hanging.response().await.header("Range"), Some("0-7"));
}

#[tokio::test]
async fn an_upload_is_cancelled_while_a_request_hangs() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let upload = wharf.start_upload("a").await;
    let mut hanging = wharf.connect().await;
    hanging
        .send(
            Request::patch(&upload)
                .header("Content-Length", 8 << 20)
                .bytes(),
        )
        .await;
    hanging.send(noise(3 << 20)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(wharf.ask(Request::delete(&upload)).await.status, 204);
    assert!(matches!(hanging.response().await.status, 404 | 409));
    assert_eq!(wharf.ask(Request::get(&upload)).await.status, 404);
}

/// The bytes of the earlier request that were on their way to the disk must not get in
/// between: a blob that is acknowledged has the digest that it is named by.
#[tokio::test]
async fn a_write_of_the_earlier_request_does_not_get_between_those_of_the_later() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::on(Late(FileStore::new(root.path()).unwrap()))
        .start()
        .await;
    let upload = wharf.start_upload("a").await;
    let mut hanging = wharf.connect().await;
    hanging
        .send(
            Request::patch(&upload)
                .header("Content-Length", 8 << 20)
                .bytes(),
        )
        .await;
    hanging.send(noise(3 << 19)).await;
    tokio::time::sleep(LATE / 3).await;

    let content = b"from the start";
    let end = Request::put(&format!("{upload}?digest={}", sha256(content)));
    let later = wharf.ask(end.body(content)).await;
    let blob = wharf
        .ask(Request::get(&format!("/v2/a/blobs/{}", sha256(content))))
        .await;
    match later.status {
        201 => assert!(
            blob.body == content,
            "{} bytes are stored as the digest of {}",
            blob.body.len(),
            content.len()
        ),
        // The earlier bytes came first, so that the later ones are not all there is.
        status => assert_eq!((status, blob.status), (400, 404), "{}", later.show()),
    }
}
