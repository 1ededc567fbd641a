//! Where the suite's binary comes from: a path given by the user, an earlier build, or Go's
//! module proxy.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::tools::go;
use crate::workspace::Workspace;

/// Commit 967efdc079b91785ad18c77cc4f8991a47feefbf; the suite has no releases of its own.
const SUITE: &str = "github.com/opencontainers/distribution-spec/conformance\
     @v0.0.0-20260716174315-967efdc079b9";

/// Where the user has said that the suite is.
const CHOICE: &str = "WHARF_CONFORMANCE";

/// Whether the user has said where it is: then it has to be there.
pub(crate) fn is_chosen() -> bool {
    std::env::var_os(CHOICE).is_some()
}

pub(crate) fn locate(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(CHOICE).map(PathBuf::from) {
        if !path.is_file() {
            bail!("{CHOICE} is {}, which is no file", path.display());
        }
        return Ok(std::path::absolute(path)?);
    }
    let built = workspace.tool("conformance");
    if !built.is_file() {
        install(workspace).with_context(|| {
            format!(
                "`go install` cannot get it here; build it elsewhere and set {CHOICE} to the \
                 path of the binary, or put it at {}",
                built.display()
            )
        })?;
    }
    Ok(built)
}

fn install(workspace: &Workspace) -> Result<()> {
    println!("    go install {SUITE}");
    command::capture(go::go(workspace)?.args(["install", SUITE])).map(|_| ())
}
