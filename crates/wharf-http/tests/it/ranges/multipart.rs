//! Several ranges at once: `multipart/byteranges` (RFC 9110, section 14.6).

use super::Shelf;
use crate::wire::Response;

/// The parts of an answer: the value of `Content-Range`, and the bytes.
fn parts(response: &Response) -> Vec<(String, Vec<u8>)> {
    assert_eq!(
        (response.status, response.header("Content-Range")),
        (206, None),
        "{}",
        response.head
    );
    let content_type = response.header("Content-Type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let mut rest = after(&response.body, format!("--{boundary}\r\n").as_bytes());
    let mut parts = Vec::new();
    loop {
        let end = find(rest, b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        assert!(
            head.contains("Content-Type: application/octet-stream"),
            "{head}"
        );
        let range = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Range: "))
            .unwrap();
        rest = &rest[end + 4..];
        let end = find(rest, format!("\r\n--{boundary}").as_bytes()).unwrap();
        parts.push((range.to_owned(), rest[..end].to_vec()));
        rest = &rest[end + 4 + boundary.len()..];
        if rest == b"--\r\n" {
            return parts;
        }
        rest = after(rest, b"\r\n");
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> &'a [u8] {
    &bytes[find(bytes, wanted).unwrap() + wanted.len()..]
}

#[tokio::test]
async fn several_ranges_are_several_parts() {
    for shelf in Shelf::both().await {
        let size = shelf.content.len();
        let range = format!("bytes=0-0, 100-70099,{}-,-3, 99999999-", size - 10);
        let response = shelf.get(&range).await;
        let places = [
            (0, 0),
            (100, 70_099),
            (size - 10, size - 1),
            (size - 3, size - 1),
        ];
        let expect: Vec<_> = places
            .iter()
            .map(|(start, end)| {
                (
                    format!("bytes {start}-{end}/{size}"),
                    shelf.content[*start..=*end].to_vec(),
                )
            })
            .collect();
        assert!(parts(&response) == expect, "{range}");
        shelf.is_described(&response);
    }
}

#[tokio::test]
async fn the_connection_goes_on_after_several_parts() {
    let shelf = Shelf::of_files().await;
    let mut client = shelf.wharf.connect().await;
    for _ in 0..3 {
        let request =
            crate::wire::Request::get(&shelf.path).header("Range", "bytes=0-600000,700000-1400000");
        assert_eq!(parts(&client.ask(request).await).len(), 2);
    }
}

/// RFC 9110, section 14.2: sets that only waste work may be ignored.
#[tokio::test]
async fn overlapping_and_countless_ranges_are_ignored() {
    let shelf = Shelf::of_memory().await;
    let many: Vec<_> = (0..100).map(|at| format!("{at}-{at}")).collect();
    shelf.is_whole(&shelf.get(&format!("bytes={}", many.join(","))).await);
    shelf.is_whole(&shelf.get("bytes=0-,0-,0-,0-").await);
}
