//! Lints: a warning is an error here, so that it stays a warning while one writes.

use std::path::Path;

use anyhow::Result;

use crate::command;

pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(&mut command::cargo(
        root,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ))
}
