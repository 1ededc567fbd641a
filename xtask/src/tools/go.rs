//! Tools written in Go, built by `go install` at a pinned version into `target/tools/bin`.

use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::workspace::Workspace;

/// A program in a Go module.
pub(crate) struct GoTool {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    /// The package of the program below the module; empty for the module itself.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

impl GoTool {
    pub(crate) fn import_path(&self) -> String {
        if self.package.is_empty() {
            self.module.to_owned()
        } else {
            format!("{}/{}", self.module, self.package)
        }
    }
}

/// The last that `go install` gets: releases have tags that are no versions of a module.
pub(crate) const MINIO: GoTool = GoTool {
    name: "minio",
    module: "github.com/minio/minio",
    package: "",
    version: "v0.0.0-20260212201848-7aac2a2c5b7c",
};

pub(crate) const TOOLS: &[GoTool] = &[
    GoTool {
        name: "crane",
        module: "github.com/google/go-containerregistry",
        package: "cmd/crane",
        version: "v0.22.1",
    },
    MINIO,
    GoTool {
        name: "pebble",
        module: "github.com/letsencrypt/pebble/v2",
        package: "cmd/pebble",
        version: "v2.10.1",
    },
    GoTool {
        name: "pebble-challtestsrv",
        module: "github.com/letsencrypt/pebble/v2",
        package: "cmd/pebble-challtestsrv",
        version: "v2.10.1",
    },
    GoTool {
        name: "regctl",
        module: "github.com/regclient/regclient",
        package: "cmd/regctl",
        version: "v0.11.7",
    },
    REGISTRY,
    GoTool {
        name: "versitygw",
        module: "github.com/versity/versitygw",
        package: "cmd/versitygw",
        version: "v1.8.0",
    },
];

/// distribution v3.
pub(crate) const REGISTRY: GoTool = GoTool {
    name: "registry",
    module: "github.com/distribution/distribution/v3",
    package: "cmd/registry",
    version: "v3.1.2",
};

/// For the benchmark alone: it takes minutes to build.
pub(crate) const ZOT: GoTool = GoTool {
    name: "zot",
    module: "zotregistry.dev/zot/v2",
    package: "cmd/zot",
    version: "v2.1.15",
};

/// Whether the program is there and was built from the pinned version of its module.
pub(crate) fn installed(workspace: &Workspace, tool: &GoTool) -> bool {
    let path = workspace.tool(tool.name);
    if !path.is_file() {
        return false;
    }
    command::capture(Command::new("go").args(["version", "-m"]).arg(&path))
        .is_ok_and(|build_info| is_pinned(&build_info, tool))
}

pub(crate) fn install(workspace: &Workspace, tool: &GoTool) -> Result<()> {
    let target = format!("{}@{}", tool.import_path(), tool.version);
    println!("    go install {target}");
    command::capture(go(workspace)?.args(["install", &target])).map(|_| ())
}

/// A `go` command that installs into our directory, whatever the user's settings say.
pub(crate) fn go(workspace: &Workspace) -> Result<Command> {
    command::capture(Command::new("go").arg("version"))
        .context("Go 1.24 or later is needed: https://go.dev/dl/ or `apt-get install golang`")?;
    std::fs::create_dir_all(workspace.tools())?;
    let mut command = Command::new("go");
    command
        .current_dir(workspace.tools())
        .env("GOBIN", workspace.tools().join("bin"))
        .env("GOFLAGS", "-mod=mod")
        .env("CGO_ENABLED", "0");
    Ok(command)
}

/// `go version -m` prints lines of `mod|dep <tab> module <tab> version <tab> checksum`.
fn is_pinned(build_info: &str, tool: &GoTool) -> bool {
    build_info.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        words.next() == Some(tool.module) && words.next() == Some(tool.version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_not_the_pinned_one() {
        let tool = &TOOLS[0];
        let info =
            |version: &str| format!("crane: go1.26\n\tmod\t{}\t{version}\th1:x\n", tool.module);
        assert!(is_pinned(&info(tool.version), tool));
        assert!(!is_pinned(&info("v0.1.0"), tool));
        assert!(!is_pinned("", tool));
    }
}
