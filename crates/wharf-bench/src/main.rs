//! `wharf-bench`: registries measured, one or several side by side.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that talks to a terminal"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use wharf_bench::goods::Sizes;
use wharf_bench::report::markdown;
use wharf_bench::run::{self, Plan};
use wharf_bench::servers::{Kind, installed};
use wharf_bench::workloads::measure::Times;
use wharf_bench::workloads::table::{WORKLOADS, Workload, find};

/// Measure registries: one, or several side by side
#[derive(Parser)]
#[command(name = "wharf-bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start servers on stores of their own and measure them in turns
    Run(Run),
    /// List the workloads
    Workloads,
}

#[derive(clap::Args)]
struct Run {
    /// A build of wharf, `PATH` or `NAME=PATH`; several are compared
    #[arg(
        long,
        env = "WHARF_BIN",
        value_name = "[NAME=]PATH",
        default_value = "target/release/wharf"
    )]
    wharf: Vec<String>,
    /// Which other servers: v3, 2.8, zot, nginx
    #[arg(long, value_delimiter = ',', default_value = "v3,2.8,nginx")]
    servers: Vec<String>,
    /// Directories to look for servers in before those of PATH
    #[arg(long, value_name = "DIR")]
    tools: Vec<PathBuf>,
    /// Only these workloads
    #[arg(long, value_delimiter = ',', value_name = "WORKLOAD")]
    only: Vec<String>,
    /// How often the servers take turns
    #[arg(long, default_value_t = 5)]
    alternations: usize,
    /// Seconds that each measurement lasts
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Where stores are made, and removed again
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// Small sizes, to see that everything works
    #[arg(long)]
    small: bool,
    /// Print the raw data as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match start(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wharf-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Result<ExitCode> {
    match command {
        Command::Run(arguments) => side_by_side(&arguments),
        Command::Workloads => {
            for workload in WORKLOADS {
                println!("{:<20} {}", workload.name, workload.about);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn side_by_side(arguments: &Run) -> Result<ExitCode> {
    let mut servers = Vec::new();
    let mut left_out = Vec::new();
    for wharf in &arguments.wharf {
        servers.push(installed::wharf(wharf)?);
    }
    for name in &arguments.servers {
        match installed::other(kind(name)?, &arguments.tools) {
            Ok(server) => servers.push(server),
            Err(missing) => left_out.push(missing),
        }
    }
    let plan = Plan {
        workloads: chosen(&arguments.only)?,
        servers,
        left_out,
        alternations: arguments.alternations,
        sizes: if arguments.small {
            Sizes::smoke()
        } else {
            Sizes::full()
        },
        times: Times {
            warm_up: arguments.seconds / 4.0,
            counted: arguments.seconds,
        },
        directory: arguments.dir.clone(),
    };
    let report = run::run(&plan, &mut |line| eprintln!("{line}"))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", markdown::report(&report));
    }
    let code = if report.failures().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok(code)
}

fn kind(name: &str) -> Result<Kind> {
    Ok(match name {
        "v3" => Kind::V3,
        "2.8" => Kind::Debian,
        "zot" => Kind::Zot,
        "nginx" => Kind::Nginx,
        other => bail!("no server is called {other:?}: v3, 2.8, zot, nginx"),
    })
}

fn chosen(names: &[String]) -> Result<Vec<&'static Workload>> {
    if names.is_empty() {
        return Ok(WORKLOADS.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            find(name).with_context(|| {
                format!("no workload is called {name:?}: see `wharf-bench workloads`")
            })
        })
        .collect()
}
