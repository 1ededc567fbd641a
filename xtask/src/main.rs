//! Everything that continuous integration does, as one program: `cargo xtask test` is all of it,
//! the other commands are its parts.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a build tool reads and writes files and talks to a terminal"
)]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod command;
mod conformance;
mod docs;
mod e2e;
mod image;
mod steps;
mod storm;
mod summary;
mod test;
mod tidy;
mod tools;
mod workspace;

use crate::conformance::Storage;
use crate::summary::Summary;
use crate::test::Scope;
use crate::workspace::Workspace;

/// Build, check and test Wharfinger.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and every test; stop at the first failure
    Test {
        /// Leave out what needs foreign tools: real clients and the conformance suite
        #[arg(long)]
        fast: bool,
    },
    /// Measure wharf and other registries side by side; a report goes to benches/runs
    Bench(bench::Options),
    /// Run the tests with real clients
    E2e {
        /// Run only tests whose path contains this text, for example `docker::`
        filter: Option<String>,
    },
    /// Run the OCI conformance suite against a freshly started `wharf`
    Conformance {
        /// Keep what it pushes in a bucket of MinIO's, and not in a directory
        #[arg(long)]
        bucket: bool,
    },
    /// Write the pages that are made from code: docs/configuration.md
    Docs,
    /// Lay out target/image for the Dockerfile: `docker build -t wharfinger .` comes next
    Image,
    /// Push, pull, delete, collect and kill -9 at once: nothing acknowledged is lost
    Storm(storm::Options),
    /// Check file sizes, file names and the floors of the crates
    Tidy,
    /// Install the foreign tools that the tests with real clients need
    Tools,
}

fn main() -> ExitCode {
    let mut summary = Summary::default();
    let outcome = run(&Arguments::parse().command, &mut summary);
    summary.print();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command, summary: &mut Summary) -> Result<()> {
    let workspace = Workspace::locate()?;
    match command {
        Command::Test { fast: true } => test::run(&workspace, Scope::Fast, summary),
        Command::Test { fast: false } => test::run(&workspace, Scope::Everything, summary),
        Command::Bench(options) => bench::run(&workspace, options, summary),
        Command::E2e { filter } => e2e::run(&workspace, filter.as_deref(), summary),
        Command::Conformance { bucket: false } => {
            conformance::run(&workspace, Storage::Directory, summary)
        }
        Command::Conformance { bucket: true } => {
            conformance::run(&workspace, Storage::Bucket, summary)
        }
        Command::Docs => summary.step("docs", || docs::write(&workspace)),
        Command::Image => summary.step("image", || image::prepare(&workspace)),
        Command::Storm(options) => storm::run(&workspace, options, summary),
        Command::Tidy => summary.step("tidy", || tidy::run(&workspace)),
        Command::Tools => summary.step("tools", || tools::install(&workspace)),
    }
}
