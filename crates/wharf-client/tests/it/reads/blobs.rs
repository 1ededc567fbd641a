//! Blobs.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt as _;
use wharf_client::{BlobReader, ClientError};
use wharf_spec::{Algorithm, Digest};

use crate::server::{Reply, Seen, Server};
use crate::transport::repository;

/// Bytes that are nowhere the same.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(byte).take(length).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    wharf_hash::digest(Algorithm::Sha256, bytes)
}

/// All that a reader gives, and how it ends.
pub(crate) async fn drain(mut reader: BlobReader) -> (Vec<u8>, Result<(), ClientError>) {
    let mut bytes = Vec::new();
    loop {
        match reader.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return (bytes, Ok(())),
            Err(error) => {
                // Nobody takes that for the end.
                assert!(matches!(
                    reader.chunk().await,
                    Err(ClientError::Unverified { .. })
                ));
                return (bytes, Err(error));
            }
        }
    }
}

/// What of a blob a request asks for, as a part of it.
pub(crate) fn part(seen: &Seen, blob: &[u8]) -> Reply {
    let Some(range) = seen.header("range") else {
        return Reply::ok(blob);
    };
    let (start, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
    let start: usize = start.parse().unwrap();
    let last = last.parse().unwrap_or(blob.len() - 1);
    let said = format!("bytes {start}-{last}/{}", blob.len());
    Reply::new(206)
        .body(&blob[start..=last])
        .header("content-range", said)
}

/// Serves a blob, and changes each answer by its number.
pub(crate) async fn serving(
    blob: Vec<u8>,
    change: impl Fn(usize, &Seen, Reply) -> Reply + Send + Sync + 'static,
) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |seen| {
        if seen.is_head {
            return Reply::default();
        }
        change(
            count.fetch_add(1, Ordering::SeqCst),
            seen,
            part(seen, &blob),
        )
    })
    .await
}

#[tokio::test]
async fn blobs_come_whole() {
    for length in [0, 1, 100, 300_000] {
        for size in [None, Some(length as u64)] {
            for chunked in [false, true] {
                let blob = noise(length);
                let change =
                    move |_, _: &Seen, reply: Reply| if chunked { reply.chunked() } else { reply };
                let server = serving(blob.clone(), change).await;
                let (bytes, end) =
                    drain(server.client().blob(&repository(), sha256(&blob), size)).await;
                end.unwrap();
                assert!(bytes == blob, "{length} {size:?} {chunked}");
                assert_eq!(server.asked().len(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_gives_the_same() {
    let blob = noise(100_000);
    let server = serving(blob.clone(), |_, _, reply| reply).await;
    let stream = server
        .client()
        .blob(&repository(), sha256(&blob), None)
        .into_stream();
    let chunks: Vec<_> = stream.try_collect().await.unwrap();
    assert!(chunks.concat() == blob);
}

#[tokio::test]
async fn a_cut_is_mended_and_nothing_comes_twice() {
    let blob = noise(200_000);
    for cuts in [
        vec![0],
        vec![1],
        vec![199_999],
        vec![50_000, 30_000, 0, 0, 1],
        vec![7; 40],
    ] {
        for hangs in [false, true] {
            if hangs && cuts.len() > 10 {
                continue;
            }
            let (stops, count) = (cuts.clone(), cuts.len());
            let server = serving(blob.clone(), move |number, _, reply| {
                match stops.get(number) {
                    Some(stop) if hangs => reply.hang(*stop),
                    Some(stop) => reply.stop(*stop),
                    None => reply,
                }
            })
            .await;
            let size = Some(blob.len() as u64);
            let (bytes, end) =
                drain(server.client().blob(&repository(), sha256(&blob), size)).await;
            end.unwrap();
            assert!(bytes == blob, "{cuts:?}");
            let mut sent = 0;
            for (number, seen) in server.seen().iter().enumerate() {
                let expected = (sent > 0).then(|| format!("bytes={sent}-"));
                assert_eq!(seen.header("range"), expected.as_deref());
                sent += cuts.get(number).copied().unwrap_or_default();
            }
            assert_eq!(server.asked().len(), count + 1);
        }
    }
}

#[tokio::test]
async fn a_registry_that_knows_no_ranges_sends_all_again() {
    let blob = noise(200_000);
    let all = blob.clone();
    let server = serving(blob.clone(), move |number, _, _| match number {
        0 => Reply::ok(all.clone()).stop(150_000),
        1 => Reply::ok(all.clone()).stop(20_000),
        _ => Reply::ok(all.clone()),
    })
    .await;
    let (bytes, end) = drain(server.client().blob(&repository(), sha256(&blob), None)).await;
    end.unwrap();
    assert!(bytes == blob);
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_refused() {
    let blob = noise(1000);
    for said in [
        "bytes 99-999/1000",
        "bytes 101-999/1000",
        "bytes=100-999/1000",
        "100-999/1000",
        "",
        "bytes 100-",
        "bytes 100-999/900",
    ] {
        let server = serving(blob.clone(), move |number, _, reply| match number {
            0 => reply.stop(100),
            _ => Reply::new(206)
                .body("x".repeat(900))
                .header("content-range", said),
        })
        .await;
        let (_, end) = drain(
            server
                .client()
                .blob(&repository(), sha256(&blob), Some(1000)),
        )
        .await;
        let error = end.unwrap_err().to_string();
        assert!(
            error.contains("bytes from 100 were asked for"),
            "{said}: {error}"
        );
    }
    // Another size, this time.
    let server = serving(blob.clone(), move |number, _, reply| match number {
        0 => reply.stop(100),
        _ => Reply::new(206)
            .body("x")
            .header("content-range", "bytes 100-100/101"),
    })
    .await;
    let (_, end) = drain(
        server
            .client()
            .blob(&repository(), sha256(&blob), Some(1000)),
    )
    .await;
    let error = end.unwrap_err().to_string();
    assert!(
        error.contains("it has 101 bytes instead of 1000"),
        "{error}"
    );
}

#[tokio::test]
async fn the_last_piece_of_something_else_is_never_given_out() {
    let blob = noise(100_000);
    for length in [1, 1000, 100_000] {
        let mut other = blob[..length].to_vec();
        other[0] ^= 1;
        let server = serving(other, |_, _, reply| reply).await;
        let digest = sha256(&blob[..length]);
        let (bytes, end) = drain(
            server
                .client()
                .blob(&repository(), digest, Some(length as u64)),
        )
        .await;
        assert!(bytes.len() < length);
        let error = end.unwrap_err();
        assert!(
            matches!(error, ClientError::DigestMismatch { expected, .. } if expected == digest)
        );
    }
}

/// A wait that was given up while a thread hashed once ended the blob in its middle, and
/// rightly, as it looked (issue 8).
#[test]
fn a_reader_that_is_not_waited_for_loses_nothing() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).max_blocking_threads(1);
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async {
        let blob = noise(1_000_000);
        // No processor has instructions for this one.
        let digest = wharf_hash::digest(Algorithm::Sha512, &blob);
        let server = serving(blob.clone(), |_, _, reply| reply).await;
        let mut reader = server.client().blob(&repository(), digest, None);
        let mut bytes = Vec::new();
        let mut given_up = 0;
        // The one thread waits until this is dropped.
        let busy = || {
            let (busy, wait) = std::sync::mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || wait.recv().ok());
            busy
        };
        let mut other_work = busy();
        loop {
            let soon = std::time::Duration::from_millis(10);
            match tokio::time::timeout(soon, reader.chunk()).await {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => panic!("{error}"),
                Err(_) => {
                    given_up += 1;
                    drop(std::mem::replace(&mut other_work, busy()));
                }
            }
        }
        assert!(bytes == blob);
        assert_ne!(given_up, 0);
    });
}

#[tokio::test]
async fn another_size_is_seen_at_once() {
    let blob = noise(1000);
    let server = serving(blob.clone(), |_, _, reply| reply).await;
    for size in [0, 999, 1001] {
        let (bytes, end) = drain(
            server
                .client()
                .blob(&repository(), sha256(&blob), Some(size)),
        )
        .await;
        let error = end.unwrap_err().to_string();
        assert!(
            error.contains(&format!("it has 1000 bytes instead of {size}")),
            "{error}"
        );
        assert_eq!(bytes, b"");
    }
    let server = serving(blob.clone(), |_, _, reply| reply.chunked()).await;
    let (bytes, end) = drain(
        server
            .client()
            .blob(&repository(), sha256(&blob), Some(999)),
    )
    .await;
    assert!(
        end.unwrap_err()
            .to_string()
            .contains("it has more than 999 bytes")
    );
    assert_eq!(bytes, b"");
}

#[tokio::test]
async fn a_connection_that_gives_nothing_is_given_up_in_the_end() {
    let blob = noise(1000);
    let server = serving(blob.clone(), |number, _, reply| {
        reply.stop(if number == 0 { 10 } else { 0 })
    })
    .await;
    let (_, end) = drain(
        server
            .client()
            .blob(&repository(), sha256(&blob), Some(1000)),
    )
    .await;
    assert!(matches!(end.unwrap_err(), ClientError::Network { .. }));
    assert_eq!(server.asked().len(), 4);
    let server = serving(blob.clone(), |_, _, _| Reply::new(404)).await;
    let (_, end) = drain(
        server
            .client()
            .blob(&repository(), sha256(&blob), Some(1000)),
    )
    .await;
    assert!(end.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_head_tells_what_is_there() {
    let server = serving(noise(1000), |_, seen, reply| {
        match seen.path.ends_with("0") {
            true => Reply::new(404),
            false => reply,
        }
    })
    .await;
    let (there, missing) = (
        format!("sha256:{}", "1".repeat(64)),
        format!("sha256:{}", "0".repeat(64)),
    );
    let client = server.client();
    let head = client
        .blob_head(&repository(), &there.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(head.unwrap().size, Some(1000));
    let head = client
        .blob_head(&repository(), &missing.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(head, None);
}
