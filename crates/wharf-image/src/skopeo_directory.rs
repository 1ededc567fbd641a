//! Directories as skopeo writes them: one image, its blobs named by their digits.
//! containers-transports(5), "dir"

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_spec::{Algorithm, Descriptor, Digest, Manifest};

use crate::directory::{Directory, Durability};
use crate::file::blocking;
use crate::members::{self, Members};
use crate::source::{Root, Source};
use crate::target::{PlacedManifest, Role, Taken, Target};
use crate::writing::{is_there, store, write_file};
use crate::{Blob, BlobStream, ImageError, manifests};

/// One that is read.
pub(crate) struct DirectorySource {
    members: Arc<dyn Members>,
}

/// One that is written. What was there before stays until it is overwritten.
pub(crate) struct DirectoryTarget {
    directory: Directory,
}

// === impl DirectorySource ===

impl DirectorySource {
    pub(crate) async fn open(path: &Path) -> Result<Self, ImageError> {
        let path = path.to_owned();
        let members = Arc::new(blocking(move || Directory::open(&path)).await?);
        Ok(Self { members })
    }

    async fn root(&self) -> Result<(Bytes, Digest), ImageError> {
        let bytes = members::read(&self.members, ROOT, manifests::MOST).await?;
        let bytes = bytes.ok_or_else(|| self.lacks(ROOT.to_owned()))?;
        let digest = wharf_hash::digest(Algorithm::Sha256, &bytes);
        Ok((bytes, digest))
    }

    fn lacks(&self, what: String) -> ImageError {
        ImageError::NotFound {
            what,
            place: self.place(),
            available: Vec::new(),
        }
    }
}

#[async_trait]
impl Source for DirectorySource {
    fn place(&self) -> String {
        self.members.place()
    }

    async fn roots(&self) -> Result<Vec<Root>, ImageError> {
        let (bytes, digest) = self.root().await?;
        let media_type = Manifest::detect(&bytes);
        let media_type = media_type.map_err(|source| ImageError::Manifest { digest, source })?;
        let descriptor = manifests::descriptor(media_type.as_str(), digest, bytes.len() as u64);
        Ok(vec![Root {
            descriptor,
            names: Vec::new(),
        }])
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError> {
        let expected = descriptor.digest;
        let (root, digest) = self.root().await?;
        if digest == expected {
            return Ok(root);
        }
        let name = child_name(&expected);
        let bytes = members::read(&self.members, &name, manifests::MOST).await?;
        let bytes = bytes.ok_or_else(|| self.lacks(format!("the manifest {expected}")))?;
        manifests::verify(&bytes, expected, format!("{name} in {}", self.place()))?;
        Ok(bytes)
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError> {
        let digest = descriptor.digest;
        let span = members::open(&self.members, &digest.hex()).await?;
        let span = span.ok_or_else(|| self.lacks(format!("the blob {digest}")))?;
        manifests::sized(&span, descriptor)?;
        Ok(span.stream(digest))
    }

    /// It has room for none.
    async fn referrers(&self, _subject: &Digest) -> Result<Vec<Descriptor>, ImageError> {
        Ok(Vec::new())
    }
}

// === impl DirectoryTarget ===

impl DirectoryTarget {
    pub(crate) async fn open(path: &Path, durability: Durability) -> Result<Self, ImageError> {
        let path = path.to_owned();
        let directory = blocking(move || {
            let directory = Directory::create(&path, durability)?;
            // As skopeo: another thing that is called so is not replaced.
            let is_foreign = match directory.member(VERSION_FILE)? {
                Some(version) => {
                    let version = version.read(MOST_VERSION, VERSION_FILE)?;
                    !version.starts_with(VERSION_BEGINNING.as_bytes())
                }
                None => directory.member(ROOT)?.is_some(),
            };
            if is_foreign {
                return Err(ImageError::Unsupported {
                    place: directory.place(),
                    problem: format!(
                        "it has files called {ROOT} or {VERSION_FILE} that are not of an image: choose another directory"
                    ),
                });
            }
            directory.claim()?;
            Ok(directory)
        });
        Ok(Self {
            directory: directory.await?,
        })
    }
}

#[async_trait]
impl Target for DirectoryTarget {
    fn place(&self) -> String {
        self.directory.place()
    }

    async fn has_manifest(&self, _digest: &Digest) -> Result<bool, ImageError> {
        Ok(false)
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        let name = blob.descriptor.digest.hex();
        if is_there(&self.directory, blob, &name).await? {
            return Ok(Taken::Existed);
        }
        store(&self.directory, blob, &name).await?;
        Ok(Taken::Stored)
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        let name = match manifest.role {
            Role::Child => child_name(&manifest.descriptor.digest),
            Role::Root(_) => ROOT.to_owned(),
            Role::Referrer | Role::Attached(_) => {
                return Err(ImageError::Unsupported {
                    place: self.place(),
                    problem: "such a directory has no room for referrers: copy without them"
                        .to_owned(),
                });
            }
        };
        if name == ROOT {
            let version = Bytes::from_static(VERSION.as_bytes());
            write_file(&self.directory, VERSION_FILE, version).await?;
        }
        write_file(&self.directory, &name, manifest.bytes).await
    }

    async fn finish(&self) -> Result<(), ImageError> {
        let directory = self.directory.clone();
        blocking(move || directory.sync(".")).await
    }
}

// === private ===

fn child_name(digest: &Digest) -> String {
    format!("{}.manifest.json", digest.hex())
}

const ROOT: &str = "manifest.json";
const VERSION_FILE: &str = "version";
const VERSION: &str = "Directory Transport Version: 1.1\n";
const VERSION_BEGINNING: &str = "Directory Transport Version: ";
const MOST_VERSION: u64 = 1 << 10;
