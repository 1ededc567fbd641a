//! oras. A plain `go install oras.land/oras/cmd/oras@…` asks the module proxy for the list of
//! all versions, to learn of deprecations, and some proxies answer 403 to that. A module of our
//! own that requires the pinned version needs only that version.

use anyhow::Result;

use crate::command;
use crate::tools::go::{self, GoTool};
use crate::workspace::Workspace;

pub(crate) const ORAS: GoTool = GoTool {
    name: "oras",
    module: "oras.land/oras",
    package: "cmd/oras",
    version: "v1.3.1",
};

pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    println!("    go install {}@{}", ORAS.import_path(), ORAS.version);
    let directory = workspace.tools().join("oras-module");
    std::fs::create_dir_all(&directory)?;
    let go = |arguments: &[&str]| {
        command::capture(go::go(workspace)?.current_dir(&directory).args(arguments))
    };
    if !directory.join("go.mod").exists() {
        go(&["mod", "init", "wharf-tools"])?;
    }
    let require = format!("-require={}@{}", ORAS.module, ORAS.version);
    go(&["mod", "edit", &require])?;
    go(&["install", &ORAS.import_path()])?;
    Ok(())
}
