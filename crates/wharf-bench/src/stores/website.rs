//! The same blobs at the same paths as files below a web server's root: hard links, so that
//! both read the same pages.

use std::path::Path;

use anyhow::{Context, Result};

use super::tree::Tree;
use crate::goods::{Goods, REPOSITORY};

/// Links the blobs of a tree on the same file system.
///
/// # Errors
/// Of the file system.
pub fn link(root: &Path, tree: &Tree, goods: &Goods) -> Result<()> {
    let blobs = root.join("v2").join(REPOSITORY).join("blobs");
    std::fs::create_dir_all(&blobs)?;
    for blob in goods.blobs() {
        let path = blobs.join(blob.digest.to_string());
        std::fs::hard_link(tree.blob_path(blob.digest), &path)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}
