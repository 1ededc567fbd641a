//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measure registries: several side by side on this machine, or one that runs already
#[derive(Parser)]
#[command(name = "wharf-bench", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  wharf-bench run --wharf target/release/wharf --out benches/runs
  wharf-bench run --only pull-small,manifest-by-tag --servers v3,nginx --alternations 3
  wharf-bench run --wharf before=old/wharf --wharf after=new/wharf --servers '' --only mixed
  wharf-bench load --url http://127.0.0.1:5000 --workload manifest-by-tag --seconds 5 --json
  wharf-bench limit --dir target/bench
  wharf-bench gate benches/runs new.json
  wharf-bench plot benches/runs/2026-11-21-1200.json > plot.svg";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start servers on stores of their own and measure them in turns
    Run(Run),
    /// Run every workload once, small and short, and look whether all answers are right
    Smoke(Chosen),
    /// Let clients pull and copy the same image in turns
    Clients(Clients),
    /// Measure one registry that runs already; pushes into repositories below `bench/`
    Load(Load),
    /// Make the files of small pushes and nothing else: what no server here can surpass
    Limit(Limit),
    /// Compare the ratios of two runs; fail if one fell by more than 10 %
    Gate {
        /// The earlier run: its JSON, or a directory whose newest run is taken
        before: PathBuf,
        /// The later run: its JSON
        now: PathBuf,
    },
    /// Print a run's JSON as Markdown
    Report {
        /// The JSON of a run
        run: PathBuf,
    },
    /// Print the medians and targets of a run's JSON alone, for a README
    Overview {
        /// The JSON of a run
        run: PathBuf,
    },
    /// Draw a run's JSON as SVG
    Plot {
        /// The JSON of a run
        run: PathBuf,
        /// Only these workloads
        #[arg(long, value_delimiter = ',', value_name = "WORKLOAD")]
        only: Vec<String>,
    },
    /// List the workloads
    Workloads,
}

/// Which servers, and where.
#[derive(Args)]
pub(crate) struct Chosen {
    /// A build of wharf; with several, the first is compared with the others
    #[arg(
        long,
        env = "WHARF_BIN",
        value_name = "[NAME=]PATH",
        default_value = "target/release/wharf"
    )]
    pub(crate) wharf: Vec<String>,
    /// Which other servers; those that are not installed are left out, and the report says so
    #[arg(long, value_delimiter = ',', default_value = "v3,2.8,zot,nginx")]
    pub(crate) servers: Vec<String>,
    /// Directories to look for servers in before those of PATH
    #[arg(long, value_name = "DIR", default_value = "target/tools/bin")]
    pub(crate) tools: Vec<PathBuf>,
    /// Where stores are made, and removed again: some 5 GB, and 13 GB more for `collect`
    #[arg(long, default_value = "target/bench")]
    pub(crate) dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Only these workloads
    #[arg(long, value_delimiter = ',', value_name = "WORKLOAD")]
    pub(crate) only: Vec<String>,
    /// How often the servers take turns
    #[arg(long, default_value_t = 5)]
    pub(crate) alternations: usize,
    /// Seconds that each measurement lasts, after a quarter of that to warm up
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// Small sizes: 16 MiB for 512 MiB, 400 tags for 100,000
    #[arg(long)]
    pub(crate) small: bool,
    /// Print the raw data as JSON instead of Markdown
    #[arg(long)]
    pub(crate) json: bool,
    /// Write both into this directory, named by the time
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Run the watched workloads and compare with this run, or the newest in this directory
    #[arg(long, value_name = "RUN")]
    pub(crate) gate: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Clients {
    /// The build of wharf: one of the clients, and the registries
    #[arg(
        long,
        env = "WHARF_BIN",
        value_name = "PATH",
        default_value = "target/release/wharf"
    )]
    pub(crate) wharf: String,
    /// Directories to look for skopeo and crane in before those of PATH
    #[arg(long, value_name = "DIR", default_value = "target/tools/bin")]
    pub(crate) tools: Vec<PathBuf>,
    /// Where the image is kept three times, and removed again: some 6 GB
    #[arg(long, default_value = "target/bench")]
    pub(crate) dir: PathBuf,
    /// How often the clients take turns
    #[arg(long, default_value_t = 5)]
    pub(crate) alternations: usize,
    /// An image of 12 MiB instead of 2 GiB
    #[arg(long)]
    pub(crate) small: bool,
    /// Print the raw data as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Load {
    /// The registry, `http://host:port`
    #[arg(long)]
    pub(crate) url: String,
    /// Which workload: see `wharf-bench workloads`
    #[arg(long)]
    pub(crate) workload: String,
    /// Seconds that it lasts, after a quarter of that to warm up
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// The server's process, if it runs here, to measure its CPU time and memory
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Small sizes: 16 MiB for 512 MiB
    #[arg(long)]
    pub(crate) small: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Limit {
    /// Where the files are made, and removed again
    #[arg(long, default_value = "target/bench")]
    pub(crate) dir: PathBuf,
    /// Seconds that each measurement lasts
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// How often they take turns
    #[arg(long, default_value_t = 5)]
    pub(crate) alternations: usize,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
