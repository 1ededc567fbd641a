//! What is on its way, and how far all of it is.

use std::time::Instant;

use wharf_image::Event;
use wharf_spec::{Descriptor, Digest};

use super::rate::Rate;

/// It.
#[derive(Debug, Default)]
pub(super) struct Underway {
    /// In the order in which they began.
    pub(super) blobs: Vec<BlobUnderway>,
    pub(super) planned_blobs: usize,
    pub(super) ended_blobs: usize,
    planned_bytes: u64,
    ended_bytes: u64,
    /// Bytes that were read, some of them perhaps twice.
    read: u64,
    rate: Rate,
}

/// A blob that is on its way.
#[derive(Debug)]
pub(super) struct BlobUnderway {
    pub(super) descriptor: Descriptor,
    read: u64,
    told: u64,
    rate: Rate,
}

/// How far something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reached {
    pub(super) bytes: u64,
    pub(super) of: u64,
    pub(super) bytes_per_second: Option<u64>,
}

// === impl Underway ===

impl Underway {
    pub(super) fn note(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Planned { blobs, bytes, .. } => {
                self.planned_blobs += blobs;
                self.planned_bytes = self.planned_bytes.saturating_add(*bytes);
            }
            Event::Begun(blob) => self.blobs.push(BlobUnderway {
                descriptor: blob.clone(),
                read: 0,
                told: 0,
                rate: Rate::default(),
            }),
            Event::Bytes { digest, bytes } => {
                self.read += bytes;
                self.rate.note(self.read, now);
                let blob = self
                    .blobs
                    .iter_mut()
                    .find(|it| it.descriptor.digest == *digest);
                if let Some(blob) = blob {
                    blob.read += bytes;
                    blob.rate.note(blob.read, now);
                }
            }
            Event::Done(blob)
            | Event::Skipped(blob)
            | Event::Mounted {
                descriptor: blob, ..
            } => self.end(blob.digest),
            Event::Manifest(_) => {}
        }
    }

    /// What was on its way was given up.
    pub(super) fn forget(&mut self) {
        self.blobs.clear();
        self.planned_blobs = self.ended_blobs;
        self.planned_bytes = self.ended_bytes;
    }

    /// Blobs with more bytes than when this was asked the last time.
    pub(super) fn changed(&mut self) -> Vec<(Descriptor, u64)> {
        let changed = self.blobs.iter_mut().filter(|it| it.told < it.bytes());
        changed
            .map(|blob| {
                blob.told = blob.bytes();
                (blob.descriptor.clone(), blob.told)
            })
            .collect()
    }

    /// All of it.
    pub(super) fn reached(&self, now: Instant) -> Reached {
        let underway = self.blobs.iter().map(BlobUnderway::bytes).sum::<u64>();
        Reached {
            bytes: self.ended_bytes + underway,
            of: self.planned_bytes,
            bytes_per_second: self.rate.bytes_per_second(self.read, now),
        }
    }

    /// One that was never begun was not planned either.
    fn end(&mut self, digest: Digest) {
        let position = self
            .blobs
            .iter()
            .position(|it| it.descriptor.digest == digest);
        if let Some(position) = position {
            let ended = self.blobs.remove(position);
            self.ended_blobs += 1;
            self.ended_bytes = self.ended_bytes.saturating_add(ended.descriptor.size);
        }
    }
}

// === impl BlobUnderway ===

impl BlobUnderway {
    pub(super) fn reached(&self, now: Instant) -> Reached {
        Reached {
            bytes: self.bytes(),
            of: self.descriptor.size,
            bytes_per_second: self.rate.bytes_per_second(self.read, now),
        }
    }

    /// What was read twice counts once.
    fn bytes(&self) -> u64 {
        self.read.min(self.descriptor.size)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    pub(in super::super) fn blob(letter: char, size: u64) -> Descriptor {
        let digest = format!("sha256:{}", letter.to_string().repeat(64));
        serde_json::from_value(json!({"mediaType": "a/b", "digest": digest, "size": size})).unwrap()
    }

    /// Three blobs: one done, one half, one there already.
    pub(in super::super) fn underway(begin: Instant) -> Underway {
        let mut underway = Underway::default();
        let (one, two, three) = (blob('a', 1000), blob('b', 2000), blob('c', 500));
        let bytes = |blob: &Descriptor, bytes| Event::Bytes {
            digest: blob.digest,
            bytes,
        };
        let planned = Event::Planned {
            blobs: 3,
            bytes: 3500,
            manifests: 1,
        };
        for (event, second) in [
            (planned, 0),
            (Event::Skipped(blob('d', 9)), 0),
            (Event::Begun(one.clone()), 0),
            (Event::Begun(two.clone()), 0),
            (Event::Begun(three.clone()), 0),
            (bytes(&one, 600), 0),
            (bytes(&two, 0), 0),
            // A part of it came twice.
            (bytes(&one, 600), 1),
            (Event::Done(one), 1),
            (Event::Skipped(three), 1),
            (bytes(&two, 1000), 2),
        ] {
            underway.note(&event, begin + Duration::from_secs(second));
        }
        underway
    }

    #[test]
    fn bytes_of_all_blobs_are_counted_once() {
        let begin = Instant::now();
        let now = begin + Duration::from_secs(2);
        let mut underway = underway(begin);
        assert_eq!((underway.ended_blobs, underway.planned_blobs), (2, 3));
        let all = underway.reached(now);
        assert_eq!((all.bytes, all.of), (2500, 3500));
        assert_eq!(all.bytes_per_second, Some((2200 - 600) / 2));
        let [two] = underway.blobs.as_slice() else {
            panic!("{underway:?}");
        };
        let expected = Reached {
            bytes: 1000,
            of: 2000,
            bytes_per_second: Some(500),
        };
        assert_eq!(two.reached(now), expected);
        assert_eq!(underway.changed(), [(blob('b', 2000), 1000)]);
        assert_eq!(underway.changed(), []);
    }
}
