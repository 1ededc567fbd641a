//! Unit and integration tests: everything that needs nothing but Cargo.

use std::path::Path;

use anyhow::Result;

use crate::command;

pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(&mut command::cargo(
        root,
        &["test", "--workspace", "--exclude", "wharf-e2e"],
    ))
}
