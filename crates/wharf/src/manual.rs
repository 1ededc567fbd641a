//! `wharf completion` and `wharf manual`: the command line, told to shells and to man(1).

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use crate::cli::{Cli, Completion, Manual};
use crate::terminal::say;

/// Prints what a shell needs.
pub(crate) fn complete(arguments: &Completion) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut <Cli>::command(), "wharf", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}

/// Writes a page for each command.
///
/// # Errors
/// When the directory is not there, or cannot be written to.
pub(crate) fn write(arguments: &Manual) -> Result<ExitCode> {
    let directory = &arguments.directory;
    clap_mangen::generate_to(<Cli>::command(), directory)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    say(&format!("the manual is in {}", directory.display()));
    Ok(ExitCode::SUCCESS)
}
