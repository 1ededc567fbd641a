//! All blobs of the source, in the order of their digests, whatever leads to them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{Algorithm, Digest};
use wharf_store::{EntryKind, Result};

use super::events::CopyStage;
use super::pass::Pass;
use crate::key::Key;

// === impl Pass ===

impl Pass<'_> {
    pub(super) async fn blobs(&self) -> Result<()> {
        let shards = self.shards().await;
        stream::iter(shards)
            .then(|(algorithm, shard)| self.shard(algorithm, shard))
            .flat_map(stream::iter)
            .map(Ok)
            .try_for_each_concurrent(LOOKS, async |digest| {
                self.copy_listed(digest).await?;
                self.went_on();
                Ok(())
            })
            .await
    }

    /// The directories of blobs by the first byte of their digests.
    async fn shards(&self) -> Vec<(Algorithm, u8)> {
        let root = Key::AllBlobs.path();
        let mut shards = Vec::new();
        for entry in self.source_list(&root).await.unwrap_or_default().iter() {
            let algorithm = match (entry.kind, entry.name.parse::<Algorithm>()) {
                (EntryKind::Directory, Ok(algorithm)) => algorithm,
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{root}/{}", entry.name);
                    self.strange(path, "its name is not that of a known hash function");
                    continue;
                }
            };
            let directory = Key::Blobs(algorithm).path();
            let listing = self.source_list(&directory).await.unwrap_or_default();
            for entry in listing.iter() {
                match (entry.kind, shard(entry.name)) {
                    (EntryKind::Directory, Some(shard)) => shards.push((algorithm, shard)),
                    (EntryKind::Directory | EntryKind::Object, _) => {
                        let path = format!("{directory}/{}", entry.name);
                        self.strange(path, "its name is not the first byte of a digest");
                    }
                }
            }
        }
        shards
    }

    /// The blobs in one of them.
    async fn shard(&self, algorithm: Algorithm, shard: u8) -> Vec<Digest> {
        let percent = u16::from(shard) * 100 / 256;
        self.is_at(CopyStage::Blobs(u8::try_from(percent).unwrap_or(100)));
        let directory = Key::BlobShard(algorithm, shard).path();
        let listing = self.source_list(&directory).await.unwrap_or_default();
        let mut digests = Vec::with_capacity(listing.len());
        for entry in listing.iter() {
            let digest = format!("{algorithm}:{}", entry.name).parse::<Digest>();
            match (entry.kind, digest) {
                (EntryKind::Directory, Ok(digest)) if digest.bytes().first() == Some(&shard) => {
                    digests.push(digest);
                }
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{directory}/{}", entry.name);
                    self.strange(path, "its name is not a digest that belongs here");
                }
            }
        }
        digests
    }
}

/// `0a`
fn shard(name: &str) -> Option<u8> {
    let shard = u8::from_str_radix(name, 16).ok()?;
    (format!("{shard:02x}") == name).then_some(shard)
}

/// Blobs that are looked at, or wait to be copied, at once.
const LOOKS: usize = 32;
