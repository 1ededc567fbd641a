//! The server that the tests with real clients run.

use std::path::Path;

use anyhow::Result;

use crate::command;

pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(&mut command::cargo(root, &["build", "--package", "wharf"]))
}
