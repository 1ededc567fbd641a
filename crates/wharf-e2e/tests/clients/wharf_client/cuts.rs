//! Connections that break: what comes is right, and nothing comes twice beyond one piece.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use wharf_e2e::between::{Between, Fate};
use wharf_e2e::server::{Kind, Server, Setup};

use super::{Client, copied, push_noise};
use crate::fixture::heavy;

const MIB: usize = 1 << 20;
/// Of the layers of an image of 200 MiB; `WHARF_CUTS_TIMES=10` makes it one of 2 GiB.
const LAYERS: [usize; 3] = [140 * MIB, 50 * MIB, 10 * MIB];
/// Times that a connection breaks within one blob.
const CUTS: usize = 8;
/// Bytes that may be on the way when a connection breaks.
const PIECE: u64 = 1 << 20;

/// What went through of each blob.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<HashMap<String, Passed>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    cuts: u64,
    bytes: u64,
}

// === impl Counted ===

impl Counted {
    /// Where to cut content that has so many bytes; `None` if it passes.
    fn cut(&self, blob: &str, length: u64) -> Option<u64> {
        let mut counted = self.0.lock().unwrap();
        let passed = counted.entry(blob.to_owned()).or_default();
        if passed.cuts >= CUTS as u64 || length < PIECE {
            passed.bytes += length;
            return None;
        }
        passed.cuts += 1;
        // Somewhere, and at another place each time; the same whenever it is run.
        let somewhere = (passed.cuts * 0x9e37_79b9) ^ length;
        let cut = somewhere % (length / 2);
        passed.bytes += cut;
        Some(cut)
    }

    fn check(&self) {
        let counted = self.0.lock().unwrap();
        let cuts: u64 = counted.values().map(|it| it.cuts).sum();
        let bytes: u64 = counted.values().map(|it| it.bytes).sum();
        assert!(cuts >= CUTS as u64, "{counted:#?}");
        let size = layers().iter().sum::<usize>() as u64;
        let most = size + cuts * PIECE;
        assert!(
            bytes < most,
            "{bytes} bytes of {size} with {cuts} cuts: {counted:#?}"
        );
    }
}

fn layers() -> [usize; 3] {
    let times = std::env::var("WHARF_CUTS_TIMES").ok();
    let times = times.map_or(1, |times| times.parse().unwrap());
    LAYERS.map(|size| size * times)
}

/// A value in the head of a request.
fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// How much of so many bytes a request asks for.
fn asked(head: &str, size: u64) -> u64 {
    let Some(range) = value(head, "range").and_then(|it| it.strip_prefix("bytes=")) else {
        return size;
    };
    let (begin, end) = range.split_once('-').unwrap();
    let begin: u64 = begin.parse().unwrap();
    end.parse().map_or(size, |end: u64| (end + 1).min(size)) - begin
}

fn noisy() -> (Server, String) {
    let server = Setup::of(Kind::Wharf).start();
    let digest = push_noise(&server, "app", "1", &layers());
    (server, digest)
}

#[test]
fn what_is_pulled_over_broken_connections_is_right() {
    let _alone = heavy();
    let (server, digest) = noisy();
    let between = Between::start(server.host());
    let counted = Counted::default();
    let sizes: HashMap<String, u64> = server
        .manifest("app", "1")
        .blobs()
        .into_iter()
        .map(|blob| (blob.digest, blob.size))
        .collect();
    let counting = counted.clone();
    between.decide(move |head, _| {
        let path = head.strip_prefix("get /v2/app/blobs/");
        let blob = path.and_then(|path| path.split(' ').next());
        let Some(size) = blob.and_then(|blob| sizes.get(blob)) else {
            return Fate::Answered;
        };
        match counting.cut(blob.unwrap(), asked(head, *size)) {
            Some(cut) => Fate::AnswerCut(usize::try_from(cut).unwrap()),
            None => Fate::Answered,
        }
    });
    let client = Client::new();
    let told = client.told(&format!("pull --json {}/app:1", between.address()));
    let last = copied(&told);
    assert_eq!(
        (&last["digest"], &last["stored"]),
        (&json!(digest), &json!(4))
    );
    counted.check();
    // Every byte is hashed again on its way to another place.
    let other = Server::wharf();
    client.ok(&format!("push {}/app:1", other.host()));
    assert_eq!(other.whole_image("app", "1").digest, digest);
}

#[test]
fn what_is_pushed_over_broken_connections_is_right() {
    let _alone = heavy();
    let (server, digest) = noisy();
    let client = Client::new();
    client.ok(&format!("pull {}/app:1", server.host()));
    for kind in [Kind::Wharf, Kind::V3] {
        let to = Setup::of(kind).start();
        let between = Between::start(to.host());
        let counted = Counted::default();
        let counting = counted.clone();
        between.decide(move |head, _| {
            let is_content =
                head.starts_with("patch /v2/") || head.starts_with("put /v2/app/blobs/");
            let length = value(head, "content-length").and_then(|it| it.parse().ok());
            let Some(length) = length.filter(|length| is_content && *length > 0) else {
                return Fate::Answered;
            };
            let path = head.split([' ', '?']).nth(1).unwrap();
            match counting.cut(path, length) {
                Some(cut) => Fate::RequestCut(cut),
                None => Fate::Answered,
            }
        });
        let told = client.told(&format!("push --json {}/app:1", between.address()));
        assert_eq!(copied(&told)["digest"], digest, "{kind:?}");
        counted.check();
        assert_eq!(to.whole_image("app", "1").digest, digest, "{kind:?}");
    }
}
