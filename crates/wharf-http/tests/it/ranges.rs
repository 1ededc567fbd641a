//! Parts of blobs, and nothing at all for those who have them (RFC 9110, sections 13 and
//! 14), from files and from memory.

mod conditions;
mod multipart;

use tempfile::TempDir;

use crate::fixtures::noise;
use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

/// A server with one blob.
struct Shelf {
    wharf: Wharf,
    path: String,
    content: Vec<u8>,
    root: Option<TempDir>,
}

// === impl Shelf ===

impl Shelf {
    /// In a file, and longer than several of the pieces that are read at once.
    async fn of_files() -> Self {
        let root = tempfile::tempdir().unwrap();
        let setup = Setup::files(root.path());
        Self::with(setup, noise((2 << 20) + 12_345), Some(root)).await
    }

    async fn of_memory() -> Self {
        Self::with(Setup::memory(), noise(100_000), None).await
    }

    async fn empty() -> Self {
        Self::with(Setup::memory(), Vec::new(), None).await
    }

    async fn both() -> [Self; 2] {
        [Self::of_files().await, Self::of_memory().await]
    }

    async fn with(setup: Setup, content: Vec<u8>, root: Option<TempDir>) -> Self {
        let wharf = setup.start().await;
        let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
        Self {
            wharf,
            path,
            content,
            root,
        }
    }

    async fn get(&self, range: &str) -> Response {
        self.wharf
            .ask(Request::get(&self.path).header("Range", range))
            .await
    }

    fn etag(&self) -> String {
        format!("\"{}\"", self.path.rsplit_once('/').unwrap().1)
    }

    /// It is exactly this part of the blob.
    fn is_part(&self, response: &Response, start: usize, end: usize) {
        let place = format!("bytes {start}-{end}/{}", self.content.len());
        assert_eq!(
            (response.status, response.header("Content-Range")),
            (206, Some(place.as_str())),
            "{}",
            response.head
        );
        assert_eq!(
            response.header("Content-Type"),
            Some("application/octet-stream")
        );
        assert!(
            response.body == self.content[start..=end],
            "{place}: other bytes"
        );
        self.is_described(response);
    }

    /// It is all of the blob.
    fn is_whole(&self, response: &Response) {
        assert_eq!(
            (response.status, response.header("Content-Range")),
            (200, None),
            "{}",
            response.head
        );
        assert!(response.body == self.content, "other bytes");
        self.is_described(response);
    }

    fn is_described(&self, response: &Response) {
        assert_eq!(response.header("ETag"), Some(self.etag().as_str()));
        assert_eq!(response.header("Accept-Ranges"), Some("bytes"));
        assert_eq!(
            response.header("Docker-Content-Digest"),
            Some(self.etag().trim_matches('"'))
        );
    }
}

#[tokio::test]
async fn one_range_is_that_part() {
    for shelf in Shelf::both().await {
        let size = shelf.content.len();
        let last = size - 1;
        for (range, start, end) in [
            ("bytes=0-0".to_owned(), 0, 0),
            ("bytes=0-".to_owned(), 0, last),
            ("bytes=1-".to_owned(), 1, last),
            ("bytes=500-65999".to_owned(), 500, 65_999),
            (format!("bytes=0-{last}"), 0, last),
            (format!("bytes=7-{}", size * 2), 7, last),
            (format!("bytes={last}-"), last, last),
            (
                format!("bytes={}-{}", size - 70_000, size - 10),
                size - 70_000,
                size - 10,
            ),
            ("bytes=-1".to_owned(), last, last),
            ("bytes=-1000".to_owned(), size - 1000, last),
            (format!("bytes=-{}", size * 2), 0, last),
            ("bytes=10-19, 99999999-".to_owned(), 10, 19),
        ] {
            shelf.is_part(&shelf.get(&range).await, start, end);
        }
    }
}

#[tokio::test]
async fn ranges_around_the_pieces_that_are_read_are_exact() {
    let shelf = Shelf::of_files().await;
    let piece = 512 << 10;
    for start in [
        piece - 1,
        piece,
        piece + 1,
        2 * piece - 1,
        3 * piece,
        4 * piece,
    ] {
        for length in [1, 2, piece - 1, piece, piece + 1] {
            let end = (start + length - 1).min(shelf.content.len() - 1);
            shelf.is_part(
                &shelf.get(&format!("bytes={start}-{end}")).await,
                start,
                end,
            );
        }
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_refused_with_the_size() {
    for shelf in Shelf::both().await {
        let size = shelf.content.len();
        for range in [
            format!("bytes={size}-"),
            format!("bytes={size}-{}", size + 5),
            "bytes=99999999999999999999-".to_owned(),
            "bytes=-0".to_owned(),
            "bytes=500-0".to_owned(),
            "bytes=garbage".to_owned(),
            "bytes=0-4,9-8".to_owned(),
        ] {
            let response = shelf.get(&range).await;
            let place = format!("bytes */{size}");
            assert_eq!(
                (response.status, response.header("Content-Range")),
                (416, Some(place.as_str())),
                "{range}"
            );
            assert_eq!(response.codes(), ["RANGE_INVALID"]);
        }
    }
}

#[tokio::test]
async fn a_range_that_means_nothing_is_ignored() {
    let shelf = Shelf::of_memory().await;
    for range in ["", "bytes=", "lines=0-1", "bytes=0-,0-0"] {
        shelf.is_whole(&shelf.get(range).await);
    }
}

/// RFC 9110, section 14.2: only GET has ranges.
#[tokio::test]
async fn a_head_ignores_ranges() {
    for shelf in Shelf::both().await {
        for range in ["bytes=0-0", "bytes=99999999-"] {
            let response = shelf
                .wharf
                .ask(Request::head(&shelf.path).header("Range", range))
                .await;
            assert_eq!(
                (response.status, response.header("Content-Range")),
                (200, None)
            );
            assert_eq!(
                response.header("Content-Length"),
                Some(shelf.content.len().to_string().as_str())
            );
        }
    }
}

/// Some clients send `bytes=0-` with everything they ask for.
#[tokio::test]
async fn nothing_is_sent_whole() {
    let shelf = Shelf::empty().await;
    for range in ["bytes=0-", "bytes=0-0", "bytes=-1", ""] {
        let response = shelf.get(range).await;
        shelf.is_whole(&response);
        assert_eq!(response.header("Content-Length"), Some("0"));
    }
    let head = shelf.wharf.ask(Request::head(&shelf.path)).await;
    assert_eq!(head.header("Content-Length"), Some("0"));
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let shelf = Shelf::of_files().await;
    let mut client = shelf.wharf.connect().await;
    client.send(Request::get(&shelf.path).bytes()).await;
    client.head().await;
    let mut content = client.take(700_001).await;
    drop(client);
    let rest = Request::get(&shelf.path).header("Range", format!("bytes={}-", content.len()));
    content.extend(
        shelf
            .wharf
            .ask(rest.header("If-Range", shelf.etag()))
            .await
            .body,
    );
    assert!(content == shelf.content);
}

/// Nothing but the end of the connection can tell the client then.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "somebody else damages the blob")]
async fn a_file_that_shrinks_breaks_the_download_off() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::files(directory.path());
    // More than the sockets hold, so that not all of it can be on its way already.
    let shelf = Shelf::with(setup, vec![7; 32 << 20], Some(directory)).await;
    let hex = shelf.path.rsplit_once(':').unwrap().1;
    let root = shelf.root.as_ref().unwrap().path();
    let data = root.join(format!(
        "docker/registry/v2/blobs/sha256/{}/{hex}/data",
        &hex[..2]
    ));
    let mut client = shelf.wharf.connect().await;
    client.send(Request::get(&shelf.path).bytes()).await;
    client.head().await;
    std::fs::File::options()
        .write(true)
        .open(data)
        .unwrap()
        .set_len(1000)
        .unwrap();
    assert!(client.rest().await.len() < shelf.content.len());
    shelf.wharf.is_well().await;
}
