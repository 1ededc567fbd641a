//! Chunks that do not fit, and how an upload goes on after them.

use std::ops::Range;

use wharf_e2e::http::Call;

use super::blob::{Algorithm, Blob};
use super::repository::{Repository, refused};
use super::session::Session;

const LENGTH: usize = 3000;

/// How many bytes have arrived, and a chunk that does not continue them.
const MISPLACED: [(usize, Range<usize>); 8] = [
    (0, 1..1000),
    (0, 2000..LENGTH),
    (1000, 0..1000),
    (1000, 0..LENGTH),
    (1000, 999..2000),
    (1000, 1001..LENGTH),
    (1000, 2000..LENGTH),
    (2000, 1000..2000),
];

type Send = for<'s> fn(&'s Session, &Blob, Range<usize>) -> Call<'s>;

#[test]
fn a_patch_out_of_order_is_refused() {
    out_of_order("patch", Session::patch);
}

#[test]
fn a_last_chunk_out_of_order_is_refused() {
    out_of_order("put", Session::put_part);
}

fn out_of_order(name: &str, send: Send) {
    let server = super::server();
    let repository = Repository::of(&server, &format!("chunks/{name}"));
    for ((arrived, misplaced), seed) in MISPLACED.into_iter().zip(600..) {
        let algorithm = Algorithm::ALL[seed as usize % 2];
        let blob = algorithm.noise(seed, LENGTH);
        let mut session = Session::begin(&repository, "");
        if arrived > 0 {
            session.chunk(&blob, 0..arrived);
        }
        // A client may be wrong more than once.
        for _ in 0..2 {
            let call = send(&session, &blob, misplaced.clone());
            let answer = refused(call, 416, "RANGE_INVALID");
            session.accepted(&answer, arrived);
            session.stands_at(arrived);
        }
        repository.is_gone(&repository.blob(&blob.digest), "BLOB_UNKNOWN");
        let middle = arrived.midpoint(LENGTH);
        session.chunk(&blob, arrived..middle);
        let last = session.put_part(&blob, middle..LENGTH).expect(201);
        repository.leads_to_blob(&last, &blob);
    }
}

/// Ranges that are none, or not of this chunk: nothing of it counts.
#[test]
fn a_chunk_with_a_range_that_is_wrong_in_itself_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "chunks/wrong");
    let blob = Algorithm::Sha256.noise(700, LENGTH);
    let mut session = Session::begin(&repository, "");
    session.chunk(&blob, 0..1000);
    for (range, status, code) in [
        ("1000-1998", 400, "SIZE_INVALID"),
        ("1000-2000", 400, "SIZE_INVALID"),
        ("1000", 416, "RANGE_INVALID"),
        ("1000-", 416, "RANGE_INVALID"),
        ("-1999", 416, "RANGE_INVALID"),
        ("1999-1000", 416, "RANGE_INVALID"),
        ("x-y", 416, "RANGE_INVALID"),
    ] {
        let patch = repository.http.patch(&session.location);
        for call in [patch, session.put(&blob.digest)] {
            let call = call.header("content-range", range);
            refused(call.body(blob.bytes.slice(1000..2000)), status, code);
        }
        session.stands_at(1000);
    }
    session.chunk(&blob, 1000..LENGTH);
    session.put(&blob.digest).expect(201);
    repository.serves_blob(&repository.blob(&blob.digest), &blob);
}

/// Chunks need not say where they belong; they come one after the other.
#[test]
fn chunks_without_a_range_follow_each_other() {
    let server = super::server();
    let repository = Repository::of(&server, "chunks/unplaced");
    let blob = Algorithm::Sha256.noise(800, LENGTH);
    let mut session = Session::begin(&repository, "");
    for (start, end) in [(0, 1), (1, 1), (1, 1500), (1500, LENGTH)] {
        let patch = repository.http.patch(&session.location);
        let answer = patch.body(blob.bytes.slice(start..end)).expect(202);
        session.accepted(&answer, end);
        session.stands_at(end);
    }
    session.put(&blob.digest).expect(201);
    repository.serves_blob(&repository.blob(&blob.digest), &blob);
}
