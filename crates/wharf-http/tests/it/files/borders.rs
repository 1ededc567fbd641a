//! Ranges across every border: of pages, of what is copied and what is sent, of four and of
//! ten gibibytes.

use std::os::unix::fs::FileExt as _;

use super::{Files, LONG};
use crate::fixtures::noise;
use crate::wire::Request;

#[tokio::test]
async fn blobs_of_every_length_arrive_as_they_are() {
    let files = Files::start().await;
    let mut client = files.wharf.connect().await;
    for length in [
        0,
        1,
        4095,
        4096,
        (64 << 10) - 1,
        64 << 10,
        (64 << 10) + 1,
        (128 << 10) + 7,
        1 << 20,
        (1 << 20) + 1,
        LONG + 13,
        (9 << 20) + 5,
    ] {
        let (content, path) = files.blob(length).await;
        let response = client.ask(Request::get(&path)).await;
        assert_eq!(response.status, 200);
        assert!(response.body == content, "{length}");
    }
}

#[tokio::test]
async fn ranges_across_every_border_arrive_as_they_are() {
    let files = Files::start().await;
    let (content, path) = files.blob(LONG).await;
    let mut client = files.wharf.connect().await;
    let borders = [0, 1, 4096, 64 << 10, 128 << 10, 1 << 20, 2 << 20, LONG - 1];
    for start in borders {
        for end in borders {
            for (start, end) in [
                (start, end),
                (start.saturating_sub(1), end),
                (start, (end + 1).min(LONG - 1)),
            ] {
                if start > end {
                    continue;
                }
                let range = format!("bytes={start}-{end}");
                let request = Request::get(&path).header("Range", &range);
                let response = client.ask(request).await;
                assert_eq!(response.status, 206, "{range}");
                assert!(response.body == content[start..=end], "{range}");
            }
        }
    }
}

#[tokio::test]
async fn many_long_ranges_are_sent_between_their_heads() {
    let files = Files::start().await;
    let (content, path) = files.blob(LONG).await;
    let mut client = files.wharf.connect().await;
    // Long and short ones, more than hyper queues at once.
    let ranges: Vec<_> = (0..24)
        .map(|number| {
            (
                number * 120_000,
                number * 120_000 + [90_000, 100][number % 2],
            )
        })
        .collect();
    let texts: Vec<_> = ranges
        .iter()
        .map(|(start, end)| format!("{start}-{end}"))
        .collect();
    let range = format!("bytes={}", texts.join(","));
    let response = client.ask(Request::get(&path).header("Range", range)).await;
    assert_eq!(response.status, 206, "{}", response.head);
    let mut rest = response.body.as_slice();
    for (start, end) in ranges {
        let head = rest.windows(4).position(|four| four == b"\r\n\r\n");
        rest = &rest[head.filter(|at| *at > 0).unwrap() + 4..];
        let (part, after) = rest.split_at(end - start + 1);
        assert!(part == &content[start..=end], "{start}-{end}");
        rest = after;
    }
    assert!(rest.ends_with(b"--\r\n") && rest.len() < 100);
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

#[tokio::test]
async fn offsets_beyond_four_and_ten_gibibytes_are_found() {
    let files = Files::start().await;
    let size = (10_u64 << 30) + (5 << 20);
    let (file, path) = files.sparse(size).await;
    let mut client = files.wharf.connect().await;
    let mark = noise(300_000);
    for at in [(4 << 30) - 150_000, (10 << 30) - 150_000, size - 300_000] {
        file.write_all_at(&mark, at).unwrap();
        let (start, end) = (at - 10_000, (at + 310_000).min(size) - 1);
        let request = Request::get(&path).header("Range", format!("bytes={start}-{end}"));
        let response = client.ask(request).await;
        assert_eq!(
            response.header("Content-Range"),
            Some(format!("bytes {start}-{end}/{size}").as_str())
        );
        let (before, rest) = response.body.split_at(10_000);
        let (found, after) = rest.split_at(mark.len());
        assert!(found == mark, "{at}");
        assert!(before.iter().chain(after).all(|byte| *byte == 0), "{at}");
    }
    let suffix = Request::get(&path).header("Range", "bytes=-300000");
    assert!(client.ask(suffix).await.body == mark);
}
