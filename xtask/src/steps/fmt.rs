//! Formatting.

use std::path::Path;

use anyhow::Result;

use crate::command;

pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(&mut command::cargo(root, &["fmt", "--all", "--check"]))
}
