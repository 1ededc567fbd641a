//! The storm: clients, collections and kills at once, for as long as wanted.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{command, steps};

/// How it blows.
#[derive(Args)]
pub(crate) struct Options {
    /// How long
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// The clients' scripts of an earlier storm; what meets what is up to the machine again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Which registry is out in it; what distribution loses is told, not judged
    #[arg(long, default_value = "wharf")]
    server: Server,
    /// Three servers on one bucket that is in trouble, behind HAProxy, instead of one on files
    #[arg(long)]
    replicas: bool,
    /// Write a summary there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Server {
    Wharf,
    Distribution,
}

pub(crate) fn run(workspace: &Workspace, options: &Options, summary: &mut Summary) -> Result<()> {
    if std::env::var_os("WHARF_BIN").is_none() {
        summary.step("build wharf", || steps::build::run(workspace.root()))?;
    }
    summary.step("storm", || storm(workspace, options))
}

fn storm(workspace: &Workspace, options: &Options) -> Result<()> {
    let test = if options.replicas {
        "storm::replicas::nothing_acknowledged_is_lost_by_replicas_on_a_troubled_bucket"
    } else {
        "storm::nothing_acknowledged_is_lost_in_a_storm_and_nothing_else_stays"
    };
    let mut cargo = steps::clients::cargo(workspace);
    cargo.args(["--exact", test, "--nocapture"]);
    cargo.env("WHARF_STORM_SECONDS", (options.minutes * 60).to_string());
    cargo.env(
        "WHARF_STORM_SERVER",
        match options.server {
            Server::Wharf => "wharf",
            Server::Distribution => "distribution",
        },
    );
    if let Some(seed) = options.seed {
        cargo.env("WHARF_STORM_SEED", seed.to_string());
    }
    if let Some(json) = &options.json {
        // The test runs in the directory of its crate.
        cargo.env("WHARF_STORM_JSON", std::path::absolute(json)?);
    }
    command::run(&mut cargo)
}
