//! Tools that a plain `go install` cannot get, and a module of our own that requires them can.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::tools::go::{self, GoTool};
use crate::workspace::Workspace;

/// A tool, and what else its module must be told to require.
pub(crate) struct Required {
    pub(crate) tool: GoTool,
    /// Modules with their versions.
    pub(crate) others: &'static [(&'static str, &'static str)],
    /// Where the module is, if not where its name says.
    pub(crate) found_at: Option<&'static str>,
    /// Tags of the build, with commas.
    pub(crate) tags: &'static str,
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
    found_at: None,
    tags: "",
};

/// A registry, listed as the one above.
const OLAREG: Required = Required {
    tool: GoTool {
        name: "olareg",
        module: "github.com/olareg/olareg",
        package: "cmd/olareg",
        version: "v0.1.2",
    },
    others: &[],
    found_at: None,
    tags: "",
};

/// A registry. The name of its module no longer says where it is; without the tag it wants
/// GnuPG's libraries.
const ZOT: Required = Required {
    tool: GoTool {
        name: "zot-1",
        module: "zotregistry.io/zot",
        package: "cmd/zot",
        version: "v1.4.3",
    },
    others: &[],
    found_at: Some("github.com/project-zot/zot"),
    tags: "containers_image_openpgp",
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
    found_at: None,
    tags: "",
};

pub(crate) const TOOLS: &[Required] = &[OLAREG, ORAS, TOKEN_SERVER, ZOT];

pub(crate) fn install(workspace: &Workspace, required: &Required) -> Result<()> {
    let Required {
        tool,
        others,
        found_at,
        tags,
    } = required;
    println!("    go install {}@{}", tool.import_path(), tool.version);
    let directory = workspace.tools().join(format!("{}-module", tool.name));
    std::fs::create_dir_all(&directory)?;
    std::fs::create_dir_all(workspace.tools().join("bin"))?;
    let go_in = |arguments: &[&str]| -> Result<Command> {
        let mut go = go::go(workspace)?;
        go.current_dir(&directory).args(arguments);
        Ok(go)
    };
    let go = |arguments: &[&str]| command::capture(&mut go_in(arguments)?);
    if !directory.join("go.mod").exists() {
        go(&["mod", "init", "wharf-tools"])?;
    }
    for (module, version) in others.iter().chain([&(tool.module, tool.version)]) {
        let require = format!("-require={module}@{version}");
        go(&["mod", "edit", &require])?;
    }
    if let Some(place) = found_at {
        let replace = format!("-replace={}={place}@{}", tool.module, tool.version);
        go(&["mod", "edit", &replace])?;
    }
    let program = tool.import_path();
    // What else is called so in our directory stays there.
    let install = ["install", "-tags", tags, &program];
    let mut install = go_in(&install)?;
    command::capture(install.env("GOBIN", &directory))?;
    let built = directory.join(program.rsplit('/').next().unwrap_or(&program));
    std::fs::rename(built, workspace.tool(tool.name))?;
    Ok(())
}
