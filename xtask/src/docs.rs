//! Pages that are made from code. A test of each page's crate says when one is out of date.

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Writes them all.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let path = workspace.root().join("docs/configuration.md");
    std::fs::write(&path, wharf_config::reference())
        .with_context(|| format!("writing {}", path.display()))
}
