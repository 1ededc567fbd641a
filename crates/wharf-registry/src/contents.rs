//! The bytes of manifests and of small blobs, kept in memory by their digest.
//!
//! Nothing is answered from here alone. The store says each time whether the repository holds
//! the content (its link) and whether the content is there with the size that is kept: other
//! processes collect blobs and repair them. What is saved is reading it, and finding out
//! again what kind of manifest it is. Serving bytes whose file is gone would be possible, but
//! then `GET` would hand out what `HEAD` denies, until some other content takes the place.
//!
//! The bytes are as good as those in the file that they were read from: nobody compares them
//! with their digest on the way out, here or there. Writing content makes it forgotten, so
//! that a damaged file that is pushed again is mended for readers too.

use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use wharf_spec::{Digest, ManifestType};

/// Bytes by digest, up to a bound. Content that is asked for once does not drive out content
/// that is asked for often.
pub(crate) struct Contents(Option<Cache<Digest, Content, Weight>>);

/// What is kept.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    /// What kind of manifest it is, if it was read as one.
    pub(crate) manifest: Option<ManifestType>,
}

#[derive(Clone)]
struct Weight;

// === impl Contents ===

impl Contents {
    /// Room for so many bytes; for nothing, if that is 0.
    pub(crate) fn new(bytes: u64) -> Self {
        let cache = || {
            let estimated = usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX);
            let options = OptionsBuilder::new()
                .estimated_items_capacity(estimated)
                .weight_capacity(bytes)
                .shards(SHARDS)
                .build()
                .ok()?;
            Some(Cache::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ))
        };
        Self((bytes > 0).then(cache).flatten())
    }

    /// True when anything can be kept.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn get(&self, digest: Digest) -> Option<Content> {
        self.0.as_ref()?.get(&digest)
    }

    /// Keeps content, unless it is large.
    pub(crate) fn keep(&self, digest: Digest, content: Content) {
        if let Some(cache) = &self.0
            && content.bytes.len() as u64 <= LARGEST
        {
            cache.insert(digest, content);
        }
    }

    /// Forgets what is kept, unless it is these bytes.
    pub(crate) fn forget_other(&self, digest: Digest, bytes: &[u8]) {
        if self.get(digest).is_some_and(|kept| kept.bytes != bytes) {
            self.forget(digest);
        }
    }

    pub(crate) fn forget(&self, digest: Digest) {
        if let Some(cache) = &self.0 {
            cache.remove(&digest);
        }
    }
}

impl Weighter<Digest, Content> for Weight {
    fn weight(&self, _: &Digest, content: &Content) -> u64 {
        OVERHEAD + content.bytes.len() as u64
    }
}

/// The most bytes of a blob, or of a manifest, that are kept: what is larger is worth opening.
pub(crate) const LARGEST: u64 = 64 << 10;
/// Bytes of a manifest, as most are.
const TYPICAL: u64 = 2048;
/// Bytes that keeping something costs beside its bytes.
const OVERHEAD: u64 = 256;
/// So that readers on several cores seldom meet.
const SHARDS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u32) -> Digest {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        Digest::sha256(hash)
    }

    fn content(len: usize) -> Content {
        Content {
            bytes: vec![0; len].into(),
            manifest: None,
        }
    }

    fn kept(contents: &Contents, numbers: std::ops::Range<u32>) -> usize {
        numbers
            .filter(|number| contents.get(digest(*number)).is_some())
            .count()
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let contents = Contents::new(1 << 20);
        for number in 0..1000 {
            contents.keep(digest(number), content(10_000));
        }
        let kept = kept(&contents, 0..1000);
        assert!(kept > 0 && kept * 10_000 <= 1 << 20, "{kept}");
        contents.keep(digest(0), content(LARGEST as usize + 1));
        let nothing = Contents::new(0);
        nothing.keep(digest(0), content(1));
        assert!(!nothing.is_on() && nothing.get(digest(0)).is_none());
    }

    #[test]
    fn a_scan_of_blobs_leaves_the_manifests_that_are_asked_for() {
        let contents = Contents::new(1 << 20);
        for number in 0..50 {
            contents.keep(digest(number), content(2000));
        }
        // 160 MB pass through a cache of one, while the same 50 are asked for.
        let mut found = 0;
        for round in 0..100 {
            for number in 0..100 {
                contents.keep(digest(1000 + round * 100 + number), content(16_000));
            }
            for number in 0..50 {
                match contents.get(digest(number)) {
                    Some(_) => found += 1,
                    None => contents.keep(digest(number), content(2000)),
                }
            }
        }
        assert!(found > 100 * 50 * 9 / 10, "{found} of 5000");
    }
}
