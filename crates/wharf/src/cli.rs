//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A container registry: the server that `docker push` and `docker pull` talk to.
#[derive(Debug, Parser)]
#[command(name = "wharf", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
}

/// Serve the registry API over HTTP
///
/// Needs no configuration: images are kept in ./wharfinger-data, in the tree that
/// Docker's registry uses, and a directory written by that registry is served as it is.
///
/// SIGTERM or SIGINT lets requests that are under way finish; a second one ends at once.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// Where to listen, as HOST:PORT; port 0 takes any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    pub(crate) addr: String,

    /// Directory to keep images in; it is created if it is not there
    #[arg(long, value_name = "DIRECTORY", default_value = "./wharfinger-data")]
    pub(crate) data: PathBuf,

    /// Whether clients may delete blobs, manifests and tags
    #[arg(long, value_enum, value_name = "WHETHER", default_value_t = Switch::On)]
    pub(crate) delete: Switch,

    /// What manifests may refer to without the repository holding it
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Sparse::None)]
    pub(crate) sparse: Sparse,

    /// Send `Location` headers as paths, without scheme and host
    #[arg(long)]
    pub(crate) relative_urls: bool,

    /// Seconds that requests have to finish when the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) drain_timeout: u64,

    /// How log lines on standard error are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// The least severe log lines to write
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LogLevel::Info)]
    pub(crate) log_level: LogLevel,

    /// Whether to write a line per request, in Apache's combined format, to standard output
    #[arg(long, value_enum, value_name = "WHETHER", default_value_t = Switch::On)]
    pub(crate) access_log: Switch,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Sparse {
    /// Nothing: configs, layers and children must have been pushed
    None,
    /// Children of an index
    Indexes,
    /// Anything
    All,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
    Logstash,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

const EXAMPLES: &str = "\
Examples:
  wharf serve
      Listen on 127.0.0.1:5000 and keep images in ./wharfinger-data
  wharf serve --addr 0.0.0.0:5000 --data /var/lib/registry
      Take over the directory of Docker's registry and listen on every interface
  wharf serve --addr 127.0.0.1:0 --log-format json --access-log off
      Any free port; machine-readable logs only
";
