//! Repositories as files in distribution's layout, without a server
//! (distribution: `registry/storage/paths.go`).

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wharf_spec::Digest;

use crate::content::Content;
use crate::goods::Goods;

/// The root directory of a store.
#[derive(Clone, Debug)]
pub struct Tree(PathBuf);

// === impl Tree ===

impl Tree {
    /// Below this directory, which is made when something is written.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self(root.join("docker/registry/v2"))
    }

    /// All of it, in one repository.
    ///
    /// # Errors
    /// Of the file system.
    pub fn goods(&self, repository: &str, goods: &Goods) -> Result<()> {
        for blob in goods.blobs() {
            self.blob(blob)?;
            self.layer_link(repository, blob.digest)?;
        }
        for (tag, manifest) in &goods.manifests {
            self.blob(manifest)?;
            self.revision_link(repository, manifest.digest)?;
            self.tag(repository, tag, manifest.digest)?;
        }
        Ok(())
    }

    /// The bytes of a blob or manifest.
    ///
    /// # Errors
    /// Of the file system.
    pub fn blob(&self, content: &Content) -> Result<PathBuf> {
        let path = self.blob_path(content.digest);
        write(&path, &content.pieces)?;
        Ok(path)
    }

    /// Where they are.
    #[must_use]
    pub fn blob_path(&self, digest: Digest) -> PathBuf {
        let hex = digest.hex();
        let shard = hex.get(..2).unwrap_or_default();
        self.0.join(format!("blobs/sha256/{shard}/{hex}/data"))
    }

    /// That the repository has the blob.
    ///
    /// # Errors
    /// Of the file system.
    pub fn layer_link(&self, repository: &str, digest: Digest) -> Result<()> {
        write(&self.layer_path(repository, digest), &[digest.to_string()])
    }

    /// Where it says so.
    #[must_use]
    pub fn layer_path(&self, repository: &str, digest: Digest) -> PathBuf {
        let hex = digest.hex();
        let link = format!("repositories/{repository}/_layers/sha256/{hex}/link");
        self.0.join(link)
    }

    /// Whether it does.
    #[must_use]
    pub fn has_layer(&self, repository: &str, digest: Digest) -> bool {
        self.layer_path(repository, digest).exists()
    }

    /// Whether the bytes are there.
    #[must_use]
    pub fn has_blob(&self, digest: Digest) -> bool {
        self.blob_path(digest).exists()
    }

    /// That the repository has the manifest.
    ///
    /// # Errors
    /// Of the file system.
    pub fn revision_link(&self, repository: &str, digest: Digest) -> Result<()> {
        let path = format!("{repository}/_manifests/revisions/sha256/{}", digest.hex());
        self.link(&path, digest)
    }

    /// That the tag points to the manifest.
    ///
    /// # Errors
    /// Of the file system.
    pub fn tag(&self, repository: &str, name: &str, digest: Digest) -> Result<()> {
        let tag = format!("{repository}/_manifests/tags/{name}");
        self.link(&format!("{tag}/index/sha256/{}", digest.hex()), digest)?;
        self.current_tag(repository, name, digest)
    }

    /// The same without the tag's history, which no read needs: three directories fewer.
    ///
    /// # Errors
    /// Of the file system.
    pub fn current_tag(&self, repository: &str, tag: &str, digest: Digest) -> Result<()> {
        self.link(
            &format!("{repository}/_manifests/tags/{tag}/current"),
            digest,
        )
    }

    fn link(&self, directory: &str, digest: Digest) -> Result<()> {
        let path = self.0.join("repositories").join(directory).join("link");
        write(&path, &[digest.to_string()])
    }
}

/// Writes a file and makes the directories above it.
///
/// # Errors
/// Of the file system.
pub fn write(path: &Path, pieces: &[impl AsRef<[u8]>]) -> Result<()> {
    let shown = || path.display().to_string();
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(shown)?;
    }
    let mut file = std::fs::File::create(path).with_context(shown)?;
    for piece in pieces {
        file.write_all(piece.as_ref()).with_context(shown)?;
    }
    Ok(())
}
