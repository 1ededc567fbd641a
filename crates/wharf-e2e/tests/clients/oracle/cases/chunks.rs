//! Blobs sent in pieces.

use super::super::case::{Case, Request, get, patch, put};
use super::super::difference::Difference;

const OCTETS: &str = "application/octet-stream";

/// The first five of the eleven bytes of `hello world`.
fn first() -> Request {
    patch("{location}")
        .content_type(OCTETS)
        .content_range("0-4")
        .body("hello")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = fitting();
    cases.extend(unfitting());
    cases.extend(malformed());
    cases
}

fn fitting() -> Vec<Case> {
    let rest = || {
        patch("{location}")
            .content_type(OCTETS)
            .content_range("5-10")
            .body(" world")
    };
    vec![
        Case::new("first chunk", first()).in_session(),
        Case::new("first chunk, no `Content-Range`", {
            patch("{location}").content_type(OCTETS).body("hello")
        })
        .in_session(),
        Case::new("first chunk, no `Content-Type`", {
            patch("{location}").content_range("0-4").body("hello")
        })
        .in_session(),
        Case::new("first chunk, chunked coding", {
            patch("{location}").content_type(OCTETS).chunked("hello")
        })
        .in_session(),
        Case::new("first chunk, chunked coding and `Content-Range`", {
            patch("{location}")
                .content_type(OCTETS)
                .content_range("0-4")
                .chunked("hello")
        })
        .in_session(),
        Case::new("a chunk of one byte", patch("{location}").body("h")).in_session(),
        Case::new(
            "a chunk of no bytes",
            patch("{location}").content_type(OCTETS),
        )
        .in_session(),
        Case::new("a chunk of no bytes after five", patch("{location}"))
            .in_session()
            .after(first()),
        Case::new("second chunk", rest())
            .in_session()
            .after(first()),
        Case::new(
            "second chunk, no `Content-Range`",
            patch("{location}").body(" world"),
        )
        .in_session()
        .after(first()),
        Case::new("status between chunks", get("{location}"))
            .in_session()
            .after(first()),
        Case::new(
            "PUT after all chunks",
            put("{location}&digest={hello world}"),
        )
        .in_session()
        .after(first())
        .after(rest()),
        Case::new("PUT with the last chunk", {
            put("{location}&digest={hello world}")
                .content_range("5-10")
                .body(" world")
        })
        .in_session()
        .after(first()),
        Case::new("PUT with the last chunk, no `Content-Range`", {
            put("{location}&digest={hello world}").body(" world")
        })
        .in_session()
        .after(first()),
        Case::new(
            "PUT before the last chunk",
            put("{location}&digest={hello world}"),
        )
        .in_session()
        .after(first()),
        Case::new("PUT after chunks by its sha512", {
            put("{location}&digest={sha512 of hello}")
        })
        .in_session()
        .after(first())
        .differs(Difference::Sha512),
    ]
}

fn unfitting() -> Vec<Case> {
    vec![
        Case::new("first chunk that starts at 5", {
            patch("{location}").content_range("5-9").body("hello")
        })
        .in_session()
        .differs(Difference::ContentRangeOf28),
        Case::new("second chunk that starts at 3", {
            patch("{location}").content_range("3-8").body(" world")
        })
        .in_session()
        .after(first())
        .differs(Difference::ContentRangeOf28),
        Case::new("second chunk that starts at 9", {
            patch("{location}").content_range("9-14").body(" world")
        })
        .in_session()
        .after(first())
        .differs(Difference::ContentRangeOf28),
        Case::new("the first chunk twice", first())
            .in_session()
            .after(first())
            .differs(Difference::ContentRangeOf28),
        Case::new(
            "status after a chunk that did not fit",
            get("/v2/{repo}/blobs/uploads/{id}"),
        )
        .in_session()
        .after(first())
        .after(patch("{location}").content_range("9-14").body(" world"))
        .differs(Difference::StateOf28),
        Case::new("PUT with a last chunk that does not fit", {
            put("{location}&digest={hello world}")
                .content_range("3-8")
                .body(" world")
        })
        .in_session()
        .after(first())
        .differs(Difference::ContentRangeOf28),
        Case::new("a chunk shorter than its `Content-Range`", {
            patch("{location}").content_range("0-9").body("hello")
        })
        .in_session()
        .differs(Difference::ContentRangeOf28),
        Case::new("a chunk longer than its `Content-Range`", {
            patch("{location}").content_range("0-2").body("hello")
        })
        .in_session()
        .differs(Difference::ContentRangeOf28),
        Case::new(
            "a chunk shorter than its `Content-Range`, chunked coding",
            patch("{location}").content_range("0-9").chunked("hello"),
        )
        .in_session()
        .differs(Difference::ChunkLength),
    ]
}

fn malformed() -> Vec<Case> {
    let with_range = |range: &str| {
        let request = patch("{location}").content_range(range).body("hello");
        Case::new(format!("a chunk, `Content-Range: {range}`"), request).in_session()
    };
    vec![
        with_range("bytes 0-4").differs(Difference::ChunkPlace),
        with_range("bytes 0-4/*").differs(Difference::ChunkPlace),
        with_range("bytes 0-4/5").differs(Difference::ChunkPlace),
        with_range("bytes=0-4").differs(Difference::ChunkPlace),
        with_range("0-4/5").differs(Difference::ChunkPlace),
        with_range("0-").differs(Difference::ChunkPlace),
        with_range("-4").differs(Difference::ChunkPlace),
        with_range("4-0").differs(Difference::ContentRangeOf28),
        with_range("a-b").differs(Difference::ChunkPlace),
        with_range("0 - 4").differs(Difference::ChunkPlace),
        with_range("0").differs(Difference::ChunkPlace),
        with_range("-1-4").differs(Difference::ChunkPlace),
        with_range("0-99999999999999999999").differs(Difference::ChunkPlace),
        with_range(""),
        Case::new("a chunk, `Content-Type: text/plain`", {
            patch("{location}").content_type("text/plain").body("hello")
        })
        .in_session()
        .differs(Difference::ChunkType),
        Case::new("a chunk, `Content-Type: application/octet-stream; x=y`", {
            patch("{location}")
                .content_type("application/octet-stream; x=y")
                .body("hello")
        })
        .in_session()
        .differs(Difference::ChunkType),
        Case::new(
            "a chunk, `Content-Type: application/x-www-form-urlencoded`",
            {
                patch("{location}")
                    .content_type("application/x-www-form-urlencoded")
                    .body("hello")
            },
        )
        .in_session()
        .differs(Difference::ChunkType),
        Case::new("a chunk that waits for `100 Continue`", {
            patch("{location}")
                .header("Expect", "100-continue")
                .body("hello")
        })
        .in_session(),
    ]
}
