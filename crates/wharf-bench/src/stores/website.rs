//! The same blobs at the same paths as files below a web server's root. Copies: a registry's files
//! have one name, and wharf looks again at what has several each time, as the kernel does not tell
//! it of all that becomes of such a file.

use std::path::Path;

use anyhow::{Context, Result};

use super::tree::Tree;
use crate::goods::{Goods, REPOSITORY};

/// Copies the blobs of a tree.
///
/// # Errors
/// Of the file system.
pub fn copy(root: &Path, tree: &Tree, goods: &Goods) -> Result<()> {
    let blobs = root.join("v2").join(REPOSITORY).join("blobs");
    std::fs::create_dir_all(&blobs)?;
    for blob in goods.blobs() {
        let path = blobs.join(blob.digest.to_string());
        std::fs::copy(tree.blob_path(blob.digest), &path)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}
