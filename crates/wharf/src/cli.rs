//! The command line.

mod accounts;
pub(crate) mod auth;
pub(crate) mod client;
mod collection;
pub(crate) mod content;
mod edge;
mod help;
mod lifetime;
mod manual;
mod scrub;
mod starting;
mod storage;

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::accounts::{
    Add, Create, Groups, Kept, List, Passwd, Remove, Source, Token, User, Within,
};
pub(crate) use self::client::{Client, Creds, LogIn, LogOut, Login, Reach, Whose, images};
pub(crate) use self::collection::{Explain, GarbageCollect, Gc, Status};

pub(crate) use self::edge::Edge;
use self::help::grouped;
pub(crate) use self::manual::{Completion, Manual};
pub(crate) use self::scrub::Scrub;
pub(crate) use self::storage::{Storage, StorageCopy};

/// A container registry, the server that `docker push` and `docker pull` talk to, and a client
/// for any registry.
///
/// Takes the place of Docker's registry: the same config.yml, REGISTRY_* variables and
/// directory. Called as `registry`, it behaves as that does.
#[derive(Debug, Parser)]
#[command(
    name = "wharf",
    version = concat!("wharfinger ", env!("CARGO_PKG_VERSION")),
    disable_version_flag = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli<C: Subcommand = Command> {
    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,

    #[command(subcommand)]
    pub(crate) command: C,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Edge(Edge),
    GarbageCollect(GarbageCollect),
    /// Ask how space comes back, and why it does not
    #[command(subcommand)]
    Gc(Gc),
    Scrub(Scrub),
    /// Move images from one storage to another
    #[command(subcommand)]
    Storage(Storage),
    Config(client::Config),
    #[command(subcommand)]
    Auth(auth::Auth),
    /// Add, change, list and remove users
    ///
    /// They are kept in a directory of the server's (wharfinger.auth.directory in the
    /// configuration), and can log in as soon as they are there. Run it as the server's user.
    /// What they may do is said by wharfinger.auth.rules; without rules, everything.
    ///
    /// The configuration is CONFIG, or, where a command has other arguments, --config FILE.
    #[command(subcommand)]
    User(User),
    /// Make, list and revoke personal access tokens
    ///
    /// A token takes the place of its user's password, for a machine or a robot, may do less,
    /// and can be revoked by itself.
    ///
    /// The configuration is CONFIG, or, where a command has other arguments, --config FILE.
    #[command(subcommand)]
    Token(Token),
    /// Delete repositories
    ///
    /// A server may be running on the same storage. Run it as the server's user.
    #[command(subcommand)]
    Repo(content::Repo),
    Tag(client::Tag),
    /// List, restore and give up what was deleted
    ///
    /// What is deleted can be restored for as long as wharfinger.trash.keep says; by default not
    /// at all. A server may be running on the same storage. Run it as the server's user.
    #[command(subcommand)]
    Trash(content::Trash),
    #[command(flatten)]
    Client(Client),
    Completion(Completion),
    Manual(Manual),
}

/// Serve the registry API over HTTP
///
/// CONFIG is the config.yml of Docker's registry; every option is in docs/configuration.md.
/// A REGISTRY_* variable wins over it, and a flag over both. With none of them images are
/// kept in ./wharfinger-data, in the tree that Docker's registry uses, and a directory
/// written by that registry is served as it is.
///
/// SIGTERM or SIGINT lets requests that are under way finish; a second one ends at once.
/// SIGHUP reads the log level and the rules of CONFIG and the certificates again, and opens the
/// audit log again.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: ConfigFile,

    /// Where to listen, as HOST:PORT; port 0 takes any free one (http.addr)
    /// [without CONFIG: 127.0.0.1:5000]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) addr: Option<String>,

    /// Directory to keep images in; it is created if it is not there
    /// (storage.filesystem.rootdirectory) [without CONFIG: ./wharfinger-data]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) data: Option<PathBuf>,

    /// Whether clients may delete blobs, manifests and tags (storage.delete.enabled)
    /// [without CONFIG: on]
    #[arg(long, value_enum, value_name = "WHETHER")]
    pub(crate) delete: Option<Switch>,

    /// What manifests may refer to without the repository holding it (wharfinger.sparse)
    /// [default: none]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) sparse: Option<Sparse>,

    /// Send `Location` headers as paths, without scheme and host (http.relativeurls)
    #[arg(long)]
    pub(crate) relative_urls: bool,

    /// Seconds that requests have to finish when the server is told to stop
    /// (http.draintimeout) [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) drain_timeout: Option<u64>,

    /// How log lines on standard error are written (log.formatter) [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,

    /// The least severe log lines to write (log.level) [default: info]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,

    /// Whether to write a line per request, in Apache's combined format, to standard output
    /// (log.accesslog.disabled) [default: on]
    #[arg(long, value_enum, value_name = "WHETHER")]
    pub(crate) access_log: Option<Switch>,
}

/// The name that the binary was called by: an image's entrypoint uses that of what it takes
/// the place of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CalledAs {
    Wharf,
    Registry,
}

/// Where the configuration is.
#[derive(Args, Debug)]
pub(crate) struct ConfigFile {
    /// The configuration file [env: REGISTRY_CONFIGURATION_PATH]
    #[arg(value_name = "CONFIG")]
    pub(crate) path: Option<PathBuf>,
}

/// Where the configuration is, beside other arguments.
#[derive(Args, Debug)]
pub(crate) struct ConfigFlag {
    /// The configuration file [env: REGISTRY_CONFIGURATION_PATH]
    #[arg(id = "config", long = "config", value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// Where the configuration is, said either way.
#[derive(Args, Debug)]
pub(crate) struct ConfigEither {
    /// The configuration file [env: REGISTRY_CONFIGURATION_PATH]
    #[arg(value_name = "CONFIG", conflicts_with = "config")]
    path: Option<PathBuf>,

    /// The same
    #[arg(id = "config", long = "config", value_name = "FILE")]
    flag: Option<PathBuf>,
}

// === impl ConfigEither ===

impl ConfigEither {
    /// Where it is.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref().or(self.flag.as_deref())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every value and where it came from; secrets are hidden
    #[command(after_help = "\
Examples:
  wharf config print /etc/docker/registry/config.yml
  REGISTRY_STORAGE_DELETE_ENABLED=true wharf config print --json")]
    Print(Shown),
    /// Say what is wrong, with the line; exit with 1 if it cannot be used
    #[command(after_help = "\
Example:
  wharf config check /etc/docker/registry/config.yml")]
    Check(Shown),
    /// Print a JSON Schema of config.yml, for editors
    #[command(after_help = "\
Example:
  wharf config schema > config.schema.json")]
    Schema,
}

/// A configuration, and how to tell about it.
#[derive(Args, Debug)]
pub(crate) struct Shown {
    #[command(flatten)]
    pub(crate) file: ConfigFile,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
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
  wharf serve /etc/docker/registry/config.yml
      Take the place of Docker's registry
  REGISTRY_HTTP_ADDR=0.0.0.0:5000 wharf serve --data /var/lib/registry
      Take over the directory of Docker's registry and listen on every interface
  wharf serve --addr 127.0.0.1:0 --log-format json --access-log off
      Any free port; machine-readable logs only
";
