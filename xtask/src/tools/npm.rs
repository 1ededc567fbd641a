//! Tools from npm's registry, at a pinned version, installed below `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;
use crate::workspace::Workspace;

/// A package, and the program in it.
pub(crate) struct Package {
    name: &'static str,
    version: &'static str,
    program: &'static str,
}

pub(crate) const PACKAGES: &[Package] = &[Package {
    name: "azurite",
    version: "3.37.0",
    program: "azurite-blob",
}];

/// Whether the program is there, of the pinned version.
pub(crate) fn installed(workspace: &Workspace, package: &Package) -> bool {
    let manifest = modules(workspace).join(package.name).join("package.json");
    let manifest = std::fs::read(manifest).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let version = manifest.get("version").and_then(Value::as_str);
    version == Some(package.version) && workspace.tool(package.program).is_file()
}

pub(crate) fn install(workspace: &Workspace, package: &Package) -> Result<()> {
    let target = format!("{}@{}", package.name, package.version);
    println!("    npm install {target}");
    command::capture(Command::new("npm").arg("--version"))
        .context("Node.js 20 or later is needed, with npm: https://nodejs.org/en/download")?;
    let program = workspace.tool(package.program);
    if let Some(directory) = program.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--prefix")
        .arg(workspace.tools())
        .arg(&target);
    command::capture(&mut npm)?;
    // Where the other tools are, too.
    _ = std::fs::remove_file(&program);
    let installed = modules(workspace).join(".bin").join(package.program);
    std::os::unix::fs::symlink(installed, program)?;
    Ok(())
}

fn modules(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("node_modules")
}
