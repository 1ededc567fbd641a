//! Every blob is hashed again.

use wharf_spec::{Algorithm, Digest};
use wharf_store::{EntryKind, Listing, StorePath};

use super::finding::{Finding, FindingKind};
use super::round::Round;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    pub(super) async fn blobs(&mut self) {
        let root = Key::AllBlobs.path();
        let listing = self.list(&root).await.unwrap_or_default();
        for entry in listing.iter() {
            match (entry.kind, entry.name.parse()) {
                (EntryKind::Directory, Ok(algorithm)) => self.blobs_by(algorithm).await,
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{root}/{}", entry.name);
                    self.strange(path, "its name is not that of a known hash function");
                }
            }
        }
    }

    async fn blobs_by(&mut self, algorithm: Algorithm) {
        let root = Key::Blobs(algorithm).path();
        let listing = self.list(&root).await.unwrap_or_default();
        for entry in listing.iter() {
            match (entry.kind, shard(entry.name)) {
                (EntryKind::Directory, Some(shard)) => self.shard(algorithm, shard).await,
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{root}/{}", entry.name);
                    self.strange(path, "its name is not the first byte of a digest");
                }
            }
        }
    }

    async fn shard(&mut self, algorithm: Algorithm, shard: u8) {
        if let Some(last) = self.position.blob {
            let last = (last.algorithm(), last.bytes().first().copied());
            if (algorithm, Some(shard)) < last {
                return;
            }
        }
        let directory = Key::BlobShard(algorithm, shard).path();
        let Some(listing) = self.list(&directory).await else {
            return;
        };
        // Nothing in it is no finding: collections leave it so, of either registry.
        let mut next = 0;
        while next < listing.len() {
            let places = next..listing.len().min(next + AT_ONCE);
            next = places.end;
            let below = self
                .store()
                .list_below(&directory, &listing, places.clone());
            // One of them may be unreadable, but not the others.
            let below = below.await.ok();
            for (number, place) in places.enumerate() {
                let Some(entry) = listing.at(place) else {
                    continue;
                };
                let name: Result<Digest, _> = format!("{algorithm}:{}", entry.name).parse();
                let path = format!("{directory}/{}", entry.name);
                match (entry.kind, name) {
                    (EntryKind::Directory, Ok(digest))
                        if digest.bytes().first() == Some(&shard) =>
                    {
                        let seen = below.as_ref().and_then(|below| below.get(number));
                        self.blob_directory(digest, &path, seen).await;
                    }
                    (EntryKind::Directory | EntryKind::Object, _) => {
                        self.strange(path, "its name is not a digest that belongs here");
                    }
                }
            }
        }
    }

    async fn blob_directory(&mut self, digest: Digest, path: &str, seen: Option<&Listing>) {
        if self.position.blob.is_some_and(|last| digest <= last) {
            return;
        }
        let listing = match seen {
            Some(listing) => Some(listing.clone()),
            None => match StorePath::new(path) {
                Ok(path) => self.list(&path).await,
                Err(_) => None,
            },
        };
        let mut has_data = false;
        for entry in listing.iter().flat_map(Listing::iter) {
            match (entry.kind, entry.name) {
                (EntryKind::Object, "data") => has_data = true,
                (EntryKind::Directory | EntryKind::Object, name) => {
                    self.strange(format!("{path}/{name}"), "a blob has nothing but `data`");
                }
            }
        }
        if has_data {
            self.blob(digest).await;
            self.scrubbed().blobs += 1;
        } else if listing.is_some() {
            self.without_data(digest, path).await;
        }
        self.position.blob = Some(digest);
        self.looked(|| digest.to_string()).await;
    }

    /// A blob that is being pushed has its directory first, and one that is collected has it
    /// last.
    async fn without_data(&mut self, digest: Digest, path: &str) {
        let Ok(directory) = StorePath::new(path) else {
            return;
        };
        match self.store().list(&directory).await {
            Ok(listing) if !listing.contains("data") => {
                let detail = "the directory of a blob without its data".to_owned();
                let mut finding = Finding::new(FindingKind::Strange, path, detail);
                finding.digest = Some(digest);
                self.found(finding);
            }
            // It came, or went, or was told when it was listed first.
            Ok(_) | Err(_) => {}
        }
    }
}

/// `0a`
fn shard(name: &str) -> Option<u8> {
    let shard = u8::from_str_radix(name, 16).ok()?;
    (format!("{shard:02x}") == name).then_some(shard)
}

/// Directories that are looked at together.
const AT_ONCE: usize = 128;
