//! A layout in a directory that images are written to. It is a valid layout at every moment:
//! blobs come under their names when all of them is there, the list of images comes last.

use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_spec::{Algorithm, Descriptor, Digest};

use super::index::{EntryName, Index, MOST_INDEX};
use super::{INDEX, MARK, MARK_TEXT, blob_name};
use crate::directory::{Directory, Durability};
use crate::file::{FileSpan, blocking};
use crate::members::Members as _;
use crate::target::{PlacedManifest, Role, Taken, Target};
use crate::writing::{is_there, store, write_file, write_list};
use crate::{Blob, ImageError, LayoutReference};

/// It.
pub(crate) struct LayoutTarget {
    directory: Directory,
    reference: Option<LayoutReference>,
    /// What the list gets at the end.
    listed: Mutex<Vec<(Descriptor, Vec<EntryName>)>>,
}

// === impl LayoutTarget ===

impl LayoutTarget {
    pub(crate) async fn open(
        path: &Path,
        reference: Option<LayoutReference>,
        durability: Durability,
    ) -> Result<Self, ImageError> {
        let path = path.to_owned();
        let (directory, lock, is_new) = blocking(move || {
            let directory = Directory::create(&path, durability)?;
            if directory.member(MARK)?.is_none()
                && let Some(name) = directory.foreign(&["blobs", INDEX])?
            {
                return Err(ImageError::Unsupported {
                    place: format!("oci:{}", path.display()),
                    problem: format!(
                        "it is no OCI layout, and has {name:?} in it: write oci:DIR with another \
                         directory"
                    ),
                });
            }
            directory.claim()?;
            directory.make("blobs")?;
            directory.make("blobs/sha256")?;
            let lock = directory.lock("blobs")?;
            let is_new = directory.member(INDEX)?.is_none();
            Ok((directory, lock, is_new))
        })
        .await?;
        if is_new {
            // Whoever is interrupted leaves a layout without images, which is one.
            let mark = Bytes::from_static(MARK_TEXT.as_bytes());
            write_list(&directory, MARK, mark).await?;
            write_list(&directory, INDEX, Index::new().to_bytes()).await?;
        }
        drop(lock);
        Ok(Self {
            directory,
            reference,
            listed: Mutex::default(),
        })
    }

    async fn write(&self, digest: &Digest, bytes: Bytes) -> Result<(), ImageError> {
        let name = blob_name(digest);
        self.make_directory(digest).await?;
        write_file(&self.directory, &name, bytes).await
    }

    async fn make_directory(&self, digest: &Digest) -> Result<(), ImageError> {
        let (directory, algorithm) = (self.directory.clone(), digest.algorithm());
        if algorithm == Algorithm::Sha256 {
            return Ok(());
        }
        blocking(move || directory.make(&format!("blobs/{algorithm}"))).await
    }

    fn names(&self, given: Vec<String>) -> Vec<EntryName> {
        match &self.reference {
            Some(LayoutReference::Name(name)) => vec![EntryName::short(name.clone())],
            Some(LayoutReference::Digest(_)) => Vec::new(),
            None => given.into_iter().map(EntryName::short).collect(),
        }
    }
}

#[async_trait]
impl Target for LayoutTarget {
    fn place(&self) -> String {
        self.directory.place()
    }

    /// Its blobs are looked at one by one: that costs little here.
    async fn has_manifest(&self, _digest: &Digest) -> Result<bool, ImageError> {
        Ok(false)
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        let name = blob_name(&blob.descriptor.digest);
        if is_there(&self.directory, blob, &name).await? {
            return Ok(Taken::Existed);
        }
        self.make_directory(&blob.descriptor.digest).await?;
        store(&self.directory, blob, &name).await?;
        Ok(Taken::Stored)
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        let PlacedManifest {
            descriptor,
            bytes,
            role,
        } = manifest;
        let digest = descriptor.digest;
        if let (Role::Root(_), Some(LayoutReference::Digest(wanted))) = (&role, &self.reference)
            && *wanted != digest
        {
            return Err(ImageError::DigestMismatch {
                what: format!("what is to be written to {}", self.place()),
                expected: *wanted,
                found: digest,
            });
        }
        self.write(&digest, bytes).await?;
        let names = match role {
            Role::Child => return Ok(()),
            Role::Referrer => Vec::new(),
            Role::Attached(tag) => vec![EntryName::short(tag.to_string())],
            Role::Root(names) => self.names(names),
        };
        let mut listed = self
            .listed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        listed.push((descriptor, names));
        Ok(())
    }

    async fn finish(&self) -> Result<(), ImageError> {
        let listed = {
            let mut listed = self
                .listed
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::take(&mut *listed)
        };
        let directory = self.directory.clone();
        // Whoever writes the list at the same time waits for the other's list.
        let (_lock, old) = blocking(move || {
            let lock = directory.lock("blobs")?;
            for name in ["blobs/sha256", "blobs/sha512", "blobs"] {
                match directory.sync(name) {
                    Err(ImageError::File { source, .. })
                        if source.kind() == std::io::ErrorKind::NotFound => {}
                    synced => synced?,
                }
            }
            let old = directory.member(INDEX)?;
            let old = old.map(|span: FileSpan| span.read(MOST_INDEX, INDEX));
            Ok((lock, old.transpose()?))
        })
        .await?;
        let what = format!("{INDEX} in {}", self.place());
        let mut index = match old {
            Some(old) => Index::read(&old, &what)?,
            None => Index::new(),
        };
        for (descriptor, names) in &listed {
            index.put(descriptor, names);
        }
        write_list(&self.directory, INDEX, index.to_bytes()).await?;
        let directory = self.directory.clone();
        blocking(move || directory.sync(".")).await
    }
}
