//! The tests with real clients.

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// All of them, or those whose names have this in them.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    let mut cargo = cargo(workspace);
    if let Some(filter) = filter {
        cargo.args(["--test", "it", "--", filter]);
    }
    command::run(&mut cargo)
}

/// Those that name no place for the images, with the images in a bucket.
pub(crate) fn run_in_a_bucket(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.env("WHARF_E2E_STORAGE", "s3");
    cargo.args(["--test", "it", "--"]).args(IN_A_BUCKET);
    command::run(&mut cargo)
}

fn cargo(workspace: &Workspace) -> std::process::Command {
    let mut cargo = command::cargo(workspace.root(), &["test", "--package", "wharf-e2e"]);
    if std::env::var_os("WHARF_BIN").is_none() {
        cargo.env("WHARF_BIN", workspace.wharf());
    }
    cargo
}

const IN_A_BUCKET: [&str; 4] = ["specification::", "crane::", "skopeo::", "regctl::"];
