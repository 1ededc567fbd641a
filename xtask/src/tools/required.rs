//! Tools that a plain `go install` cannot get, and a module of our own that requires them can.

use anyhow::Result;

use crate::command;
use crate::tools::go::{self, GoTool};
use crate::workspace::Workspace;

/// A tool, and what else its module must be told to require.
pub(crate) struct Required {
    pub(crate) tool: GoTool,
    /// Modules with their versions.
    pub(crate) others: &'static [(&'static str, &'static str)],
}

/// `go install` would ask the module proxy for the list of all versions, to learn of
/// deprecations, and some proxies answer 403 to that.
const ORAS: Required = Required {
    tool: GoTool {
        name: "oras",
        module: "oras.land/oras",
        package: "cmd/oras",
        version: "v1.3.1",
    },
    others: &[],
};

/// An authorization server for registries, of distribution 2. It is older than `go.mod`.
const TOKEN_SERVER: Required = Required {
    tool: GoTool {
        name: "token-server",
        module: "github.com/docker/distribution",
        package: "contrib/token-server",
        version: "v2.8.3+incompatible",
    },
    others: &[
        ("github.com/distribution/reference", "v0.6.0"),
        (
            "github.com/docker/libtrust",
            "v0.0.0-20160708172513-aabc10ec26b7",
        ),
        ("github.com/gorilla/mux", "v1.8.1"),
        ("github.com/opencontainers/go-digest", "v1.0.0"),
        ("github.com/sirupsen/logrus", "v1.9.3"),
        ("golang.org/x/crypto", "v0.41.0"),
    ],
};

pub(crate) const TOOLS: &[Required] = &[ORAS, TOKEN_SERVER];

pub(crate) fn install(workspace: &Workspace, required: &Required) -> Result<()> {
    let Required { tool, others } = required;
    println!("    go install {}@{}", tool.import_path(), tool.version);
    let directory = workspace.tools().join(format!("{}-module", tool.name));
    std::fs::create_dir_all(&directory)?;
    let go = |arguments: &[&str]| {
        command::capture(go::go(workspace)?.current_dir(&directory).args(arguments))
    };
    if !directory.join("go.mod").exists() {
        go(&["mod", "init", "wharf-tools"])?;
    }
    for (module, version) in others.iter().chain([&(tool.module, tool.version)]) {
        let require = format!("-require={module}@{version}");
        go(&["mod", "edit", &require])?;
    }
    go(&["install", &tool.import_path()])?;
    Ok(())
}
