//! The tests with real clients.

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    let mut cargo = command::cargo(workspace.root(), &["test", "--package", "wharf-e2e"]);
    if std::env::var_os("WHARF_BIN").is_none() {
        cargo.env("WHARF_BIN", workspace.wharf());
    }
    if let Some(filter) = filter {
        cargo.args(["--test", "it", "--", filter]);
    }
    command::run(&mut cargo)
}
