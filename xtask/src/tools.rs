//! The foreign tools that the tests with real clients need, each at a known version.

use anyhow::Result;

use crate::workspace::Workspace;

mod debian;
pub(crate) mod go;
mod npm;
mod required;

/// Installs one of the tools that only the benchmark needs, or another that is missing.
pub(crate) fn install_one(workspace: &Workspace, tool: &go::GoTool) -> Result<()> {
    go::install(workspace, tool)
}

/// Installs what is missing; does nothing, and needs no network, when all is there.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    debian::install()?;
    for tool in go::TOOLS {
        if !go::installed(workspace, tool) {
            go::install(workspace, tool)?;
        }
    }
    for required in required::TOOLS {
        if !go::installed(workspace, &required.tool) {
            required::install(workspace, required)?;
        }
    }
    for package in npm::PACKAGES {
        if !npm::installed(workspace, package) {
            npm::install(workspace, package)?;
        }
    }
    let tools = workspace.tools();
    println!("    all there; what is not Debian's in {}", tools.display());
    Ok(())
}
