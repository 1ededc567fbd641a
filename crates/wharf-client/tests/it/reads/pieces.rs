//! Large blobs in pieces, and the rest of blobs.

use std::sync::Mutex;

use wharf_client::{BlobReader, ClientError, ClientSettings, PieceSettings, RegistryClient};
use wharf_hash::StreamHasher;
use wharf_spec::Algorithm;

use super::blobs::{drain, noise, part, serving, sha256};
use crate::server::{Reply, Seen, Server};
use crate::settings::hasty;
use crate::transport::repository;

/// Bytes of a piece.
const PIECE: usize = 100_000;
/// Pieces at once.
const AT_ONCE: usize = 3;
/// Nine pieces, the last one smaller.
const LENGTH: usize = 8 * PIECE + 1;

fn settings() -> ClientSettings {
    ClientSettings {
        pieces: PieceSettings {
            least: 2 * PIECE as u64,
            bytes: PIECE as u64,
            at_once: AT_ONCE,
            enough: u64::MAX,
        },
        ..hasty()
    }
}

fn reader(server: &Server, blob: &[u8]) -> BlobReader {
    reader_with(&settings(), server, blob)
}

fn reader_with(settings: &ClientSettings, server: &Server, blob: &[u8]) -> BlobReader {
    let client = RegistryClient::new(server.host(), settings, None).unwrap();
    client.blob(&repository(), sha256(blob), Some(blob.len() as u64))
}

fn ranges(server: &Server) -> Vec<String> {
    let range = |seen: &Seen| seen.header("range").unwrap_or("all").to_owned();
    server.seen().iter().map(range).collect()
}

/// The range from a byte to the one before another.
fn range(start: usize, end: usize) -> String {
    format!("bytes={start}-{}", end - 1)
}

fn all_pieces() -> Vec<String> {
    let starts = (0..LENGTH).step_by(PIECE);
    starts
        .map(|it| range(it, (it + PIECE).min(LENGTH)))
        .collect()
}

#[tokio::test]
async fn pieces_come_at_once_and_in_order() {
    let blob = noise(LENGTH);
    // The second piece does not go on; who waits for it does not wait with the others.
    let hanging = range(PIECE, 2 * PIECE);
    let server = serving(blob.clone(), move |_, seen, reply| {
        match seen.header("range") == Some(hanging.as_str()) {
            true => reply.hang(10),
            false => reply,
        }
    })
    .await;
    let (bytes, end) = drain(reader(&server, &blob)).await;
    end.unwrap();
    assert!(bytes == blob);
    let asked = ranges(&server);
    let mut expected = all_pieces();
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    // The first comes alone. Each of the others has a connection of its own, and no order.
    assert_eq!(asked[0], expected[0]);
    let (at_once, later) = asked[1..].split_at(AT_ONCE);
    assert_eq!(sorted(at_once.to_vec()), expected[1..=AT_ONCE]);
    let rest = range(PIECE + 10, 2 * PIECE);
    assert_eq!(later[0], rest);
    expected.push(rest);
    assert_eq!(sorted(asked), sorted(expected));
}

#[tokio::test]
async fn where_one_connection_is_fast_the_rest_comes_by_one_request() {
    let mut settings = settings();
    settings.pieces.enough = 1;
    let blob = noise(LENGTH);
    let server = serving(blob.clone(), |_, _, reply| reply).await;
    let (bytes, end) = drain(reader_with(&settings, &server, &blob)).await;
    end.unwrap();
    assert!(bytes == blob);
    let rest = format!("bytes={PIECE}-");
    assert_eq!(ranges(&server), [range(0, PIECE), rest]);
}

#[tokio::test]
async fn small_blobs_come_by_one_request() {
    for length in [PIECE, 2 * PIECE - 1] {
        let blob = noise(length);
        let server = serving(blob.clone(), |_, _, reply| reply).await;
        let (bytes, end) = drain(reader(&server, &blob)).await;
        end.unwrap();
        assert!(bytes == blob);
        assert_eq!(ranges(&server), ["all"]);
    }
}

#[tokio::test]
async fn a_cut_costs_the_rest_of_a_piece() {
    let blob = noise(LENGTH);
    let cut = Mutex::new(Vec::new());
    let server = serving(blob.clone(), move |_, seen, reply| {
        let range = seen.header("range").unwrap();
        let start: usize = range[6..range.find('-').unwrap()].parse().unwrap();
        let mut cut = cut.lock().unwrap();
        if start.is_multiple_of(PIECE) && start < 8 * PIECE && !cut.contains(&start) {
            cut.push(start);
            return reply.stop(70_000);
        }
        reply
    })
    .await;
    let (bytes, end) = drain(reader(&server, &blob)).await;
    end.unwrap();
    assert!(bytes == blob);
    let mut asked = ranges(&server);
    asked.sort();
    let rests = (0..8).map(|it| range(it * PIECE + 70_000, (it + 1) * PIECE));
    let mut expected: Vec<_> = all_pieces().into_iter().chain(rests).collect();
    expected.sort();
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_server_without_pieces_is_asked_once() {
    let blob = noise(LENGTH);
    let all = blob.clone();
    let server = Server::start(move |_| Reply::ok(all.clone())).await;
    let (bytes, end) = drain(reader(&server, &blob)).await;
    end.unwrap();
    assert!(bytes == blob);
    assert_eq!(ranges(&server), [range(0, PIECE)]);
}

#[tokio::test]
async fn where_pieces_stop_all_goes_on_by_one_request() {
    let blob = noise(LENGTH);
    let all = blob.clone();
    // Some of the servers behind a name know pieces, and others do not.
    let server = serving(blob.clone(), move |number, _, reply| match number {
        0..4 => reply,
        _ => Reply::ok(all.clone()),
    })
    .await;
    let (bytes, end) = drain(reader(&server, &blob)).await;
    end.unwrap();
    assert!(bytes == blob);
    let asked = server.asked().len();
    assert!((5..=4 + AT_ONCE).contains(&asked), "{asked}");
}

#[tokio::test]
async fn all_of_a_blob_where_the_rest_of_the_first_piece_was_asked_for_leaves_no_gap() {
    for enough in [u64::MAX, 0] {
        let mut settings = settings();
        settings.pieces.enough = enough;
        let blob = noise(LENGTH);
        let all = blob.clone();
        let server = serving(blob.clone(), move |number, _, reply| match number {
            0 => reply.stop(PIECE - 10),
            1 => Reply::ok(all.clone()),
            _ => reply,
        })
        .await;
        let (bytes, end) = drain(reader_with(&settings, &server, &blob)).await;
        end.unwrap();
        assert!(bytes == blob, "{enough}");
        assert_eq!(ranges(&server)[1], range(PIECE - 10, PIECE));
    }
}

#[tokio::test]
async fn no_more_is_asked_for_than_is_held() {
    let blob = noise(LENGTH);
    let server = serving(blob.clone(), |_, _, reply| reply).await;
    let mut reader = reader(&server, &blob);
    let mut given = 0;
    while let Some(bytes) = reader.chunk().await.unwrap() {
        given += bytes.len();
        // What is held back, and is hashed meanwhile, was given out by its piece.
        let most = given / PIECE + AT_ONCE + 2;
        assert!(server.seen().len() <= most.min(9), "{given}");
        tokio::task::yield_now().await;
    }
    assert_eq!(given, LENGTH);
}

#[tokio::test]
async fn what_is_wrong_with_a_piece_is_told_after_those_before_it() {
    let blob = noise(LENGTH);
    let wanted = range(4 * PIECE, 5 * PIECE);
    for (status, expected) in [
        (404, "was not found"),
        (206, "bytes from 400000 were asked for"),
    ] {
        let wanted = wanted.clone();
        let server = serving(blob.clone(), move |_, seen, reply| {
            match seen.header("range") == Some(wanted.as_str()) {
                true => Reply::new(status).body("x"),
                false => reply,
            }
        })
        .await;
        let (bytes, end) = drain(reader(&server, &blob)).await;
        let error = end.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(blob.starts_with(&bytes));
        assert!(bytes.len() <= 4 * PIECE);
    }
    let mut other = blob.clone();
    other[4 * PIECE] ^= 1;
    let server = serving(other, |_, _, reply| reply).await;
    let (bytes, end) = drain(reader(&server, &blob)).await;
    assert!(matches!(end, Err(ClientError::DigestMismatch { .. })));
    assert!(bytes.len() < LENGTH);
}

#[tokio::test]
async fn a_mirror_that_one_piece_leaves_is_left_by_all() {
    let blob = noise(LENGTH);
    let home = serving(blob.clone(), |_, _, reply| reply).await;
    let all = blob.clone();
    let mirror = Server::start(move |seen| match seen.header("range") {
        Some(range) if range.starts_with("bytes=200000-") => Reply::new(500),
        _ => part(seen, &all),
    })
    .await;
    let settings = ClientSettings {
        mirrors: vec![wharf_client::Mirror {
            registry: mirror.host(),
            path: String::new(),
            protocol: wharf_client::Protocol::Automatic,
            credential: None,
        }],
        ..settings()
    };
    let client = RegistryClient::new(home.host(), &settings, None).unwrap();
    let (bytes, end) = drain(client.blob(&repository(), sha256(&blob), Some(LENGTH as u64))).await;
    end.unwrap();
    assert!(bytes == blob);
    assert!(mirror.asked().len() <= 2 * AT_ONCE);
    assert!(home.asked().len() >= 9 - 2 * AT_ONCE);
}

/// Of this, `length` bytes are there.
fn rest(server: &Server, blob: &[u8], there: &[u8]) -> BlobReader {
    let mut hashed = StreamHasher::new(Algorithm::Sha256);
    hashed.update(there);
    let client = RegistryClient::new(server.host(), &settings(), None).unwrap();
    let size = Some(blob.len() as u64);
    client.blob_after(&repository(), sha256(blob), size, hashed)
}

#[tokio::test]
async fn what_is_there_is_not_read_again() {
    for (length, there, expected) in [
        (PIECE, 1, vec!["bytes=1-".to_owned()]),
        (PIECE, PIECE - 1, vec![format!("bytes={}-", PIECE - 1)]),
        (PIECE, PIECE, vec![]),
        (
            LENGTH,
            LENGTH - PIECE,
            vec![format!("bytes={}-", LENGTH - PIECE)],
        ),
        (
            LENGTH,
            LENGTH - 2 * PIECE,
            vec![
                range(LENGTH - 2 * PIECE, LENGTH - PIECE),
                range(LENGTH - PIECE, LENGTH),
            ],
        ),
    ] {
        let blob = noise(length);
        let server = serving(blob.clone(), |_, _, reply| reply).await;
        let reader = rest(&server, &blob, &blob[..there]);
        assert_eq!(reader.position(), there as u64);
        let (bytes, end) = drain(reader).await;
        end.unwrap();
        assert!(bytes == blob[there..], "{length} {there}");
        assert_eq!(ranges(&server), expected);
    }
}

#[tokio::test]
async fn what_is_there_is_verified_too() {
    let blob = noise(PIECE);
    for there in [&b"something else"[..], &vec![0; PIECE], &vec![0; PIECE + 1]] {
        let server = serving(blob.clone(), |_, _, reply| reply).await;
        let (bytes, end) = drain(rest(&server, &blob, there)).await;
        assert!(
            matches!(end, Err(ClientError::DigestMismatch { .. })),
            "{end:?}"
        );
        assert!(there.len() + bytes.len() <= PIECE + 1);
    }
}
