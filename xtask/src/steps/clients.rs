//! The tests with real clients.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// All of them, or those whose names have this in them.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    command::run(cargo(workspace).args(filter))
}

/// Those that name no place for the images, with the images in a bucket.
pub(crate) fn run_in_a_bucket(workspace: &Workspace) -> Result<()> {
    let mut cargo = cargo(workspace);
    cargo.env("WHARF_E2E_STORAGE", "s3");
    command::run(cargo.args(IN_A_BUCKET))
}

/// What follows is said to the tests.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let arguments = ["test", "--workspace", "--test", TARGET, "--"];
    let mut cargo = command::cargo(workspace.root(), &arguments);
    if std::env::var_os("WHARF_BIN").is_none() {
        cargo.env("WHARF_BIN", workspace.wharf());
    }
    cargo
}

/// Their name: no other crate has tests that are called so.
pub(crate) const TARGET: &str = "clients";
const IN_A_BUCKET: [&str; 4] = ["specification::", "crane::", "skopeo::", "regctl::"];
