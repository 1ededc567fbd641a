//! An entry of the trash, as it is stored.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wharf_spec::{Digest, RepositoryName, Tag};

use super::Trashed;

/// What was deleted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A tag.
    Tag,
    /// A manifest, and the tags that led to it.
    Manifest,
    /// A whole repository.
    Repository,
}

/// A part of an entry: so much of it that it can be read at once.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// How many parts there are.
    pub(super) of: usize,
    pub(super) what: What,
    pub(super) repository: RepositoryName,
    pub(super) tags: Vec<TrashedTag>,
    pub(super) manifests: Vec<Digest>,
}

/// A tag that was deleted.
#[derive(Clone, Debug)]
pub(crate) struct TrashedTag {
    pub(crate) name: Tag,
    pub(crate) digest: Digest,
    /// What it has pointed to, the latest first.
    pub(crate) history: Vec<Digest>,
}

#[derive(Deserialize, Serialize)]
struct WirePart {
    version: u32,
    parts: usize,
    what: What,
    repository: String,
    tags: Vec<WireTag>,
    manifests: Vec<Digest>,
}

#[derive(Deserialize, Serialize)]
struct WireTag {
    name: String,
    digest: Digest,
    history: Vec<Digest>,
}

// === impl What ===

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tag => "tag",
            Self::Manifest => "manifest",
            Self::Repository => "repository",
        })
    }
}

// === impl Part ===

impl Part {
    /// At least one part.
    pub(super) fn split(
        what: What,
        repository: &RepositoryName,
        tags: &[TrashedTag],
        manifests: &[Digest],
    ) -> Vec<Self> {
        let of = tags.len().max(manifests.len()).div_ceil(MOST).max(1);
        let (mut tags, mut manifests) = (tags.chunks(MOST), manifests.chunks(MOST));
        let mut parts = Vec::new();
        loop {
            let (tags, manifests) = (tags.next(), manifests.next());
            if tags.is_none() && manifests.is_none() && !parts.is_empty() {
                return parts;
            }
            parts.push(Self {
                of,
                what,
                repository: repository.clone(),
                tags: tags.unwrap_or_default().to_vec(),
                manifests: manifests.unwrap_or_default().to_vec(),
            });
        }
    }

    pub(super) fn encode(&self) -> Bytes {
        let tags = self.tags.iter().map(|tag| WireTag {
            name: tag.name.to_string(),
            digest: tag.digest,
            history: tag.history.clone(),
        });
        let wire = WirePart {
            version: VERSION,
            parts: self.of,
            what: self.what,
            repository: self.repository.to_string(),
            tags: tags.collect(),
            manifests: self.manifests.clone(),
        };
        #[expect(clippy::expect_used, reason = "it holds texts and a number only")]
        let content = serde_json::to_vec(&wire).expect("entries serialise");
        Bytes::from(content)
    }

    /// What is wrong with it, if it cannot be read.
    pub(super) fn parse(content: &[u8]) -> Result<Self, String> {
        let wire: WirePart = serde_json::from_slice(content).map_err(|error| error.to_string())?;
        if wire.version != VERSION {
            return Err(format!("it is of version {}, not {VERSION}", wire.version));
        }
        let tags = wire.tags.into_iter().map(|tag| {
            Ok(TrashedTag {
                name: tag
                    .name
                    .parse()
                    .map_err(|_| format!("{} is no tag", tag.name))?,
                digest: tag.digest,
                history: tag.history,
            })
        });
        let no_name = |_| format!("{} is no name of a repository", wire.repository);
        Ok(Self {
            of: wire.parts,
            what: wire.what,
            repository: wire.repository.parse().map_err(no_name)?,
            tags: tags.collect::<Result<_, String>>()?,
            manifests: wire.manifests,
        })
    }

    /// What of it has to stay.
    pub(super) fn into_trashed(self) -> Trashed {
        let tags = self.tags.iter().map(|tag| tag.digest);
        let mut manifests: Vec<_> = tags.chain(self.manifests).collect();
        manifests.sort_unstable();
        manifests.dedup();
        Trashed {
            repository: self.repository,
            manifests,
        }
    }
}

const VERSION: u32 = 1;
/// Manifests, and tags, in one part.
const MOST: usize = 1000;
