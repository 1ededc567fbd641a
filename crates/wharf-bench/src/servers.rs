//! The servers that are compared: found, set up alike, started and stopped.

use std::fmt;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::request::Host;
use crate::process::Family;

pub mod configuration;
pub mod installed;
pub mod tools;

/// Which server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// This registry.
    Wharf,
    /// Debian's `docker-registry`: distribution 2.8.
    Debian,
    /// distribution v3.
    V3,
    /// zot, which has a layout of its own.
    Zot,
    /// nginx with the blobs as files: the limit on bytes.
    Nginx,
}

/// A server that can be started.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Server {
    /// What it is called in reports.
    pub name: String,
    /// Which server it is.
    pub kind: Kind,
    /// What its binary says of itself.
    pub version: String,
    /// When a push is answered.
    pub durability: String,
    /// Its binary.
    #[serde(skip)]
    pub program: PathBuf,
}

/// What is special about its configuration.
#[derive(Clone, Debug)]
pub enum Setup {
    /// Plain HTTP.
    Plain,
    /// With this certificate and key.
    Tls {
        /// A file.
        certificate: PathBuf,
        /// A file.
        key: PathBuf,
    },
    /// Plain HTTP, for whoever has a password of this file (`auth.htpasswd`).
    Htpasswd(PathBuf),
    /// Plain HTTP, for whoever has a token that these keys have signed (`auth.token`).
    Token(PathBuf),
    /// Plain HTTP, while it collects again and again.
    Collecting(Haste),
    /// Plain HTTP, on the bucket of the service at this address. The server sends the bytes.
    Bucket(SocketAddr),
}

/// Whether a collection goes as fast as it can.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Haste {
    /// It keeps to the pace that is the default.
    No,
    /// It does.
    Yes,
}

/// A process; dropping it stops it.
#[derive(Debug)]
pub struct Started(Child);

/// A server that runs; dropping it stops it. It may be several, behind one address.
#[derive(Debug)]
pub struct Running {
    processes: Vec<Started>,
    /// Who hands out their requests.
    _balancer: Option<Started>,
    address: SocketAddr,
    /// From the start to the first answer.
    pub started_in: Duration,
}

const START_LIMIT: Duration = Duration::from_secs(60);

// === impl Kind ===

impl Kind {
    /// Whether its store is a tree in distribution's layout.
    #[must_use]
    pub const fn has_distributions_layout(self) -> bool {
        match self {
            Self::Wharf | Self::Debian | Self::V3 => true,
            Self::Zot | Self::Nginx => false,
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "wharf" => Self::Wharf,
            "2.8" => Self::Debian,
            "v3" => Self::V3,
            "zot" => Self::Zot,
            "nginx" => Self::Nginx,
            other => bail!("no server is called {other:?}: v3, 2.8, zot, nginx"),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wharf => "wharf",
            Self::Debian => "2.8",
            Self::V3 => "v3",
            Self::Zot => "zot",
            Self::Nginx => "nginx",
        })
    }
}

// === impl Server ===

impl Server {
    /// Has its executable read from the disk when it starts next, as after a boot: how much of it
    /// is mapped then depends on how it came into the page cache.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn forget_executable(&self) -> Result<()> {
        let executable = std::fs::File::open(&self.program)?;
        // What is not on the disk yet cannot be forgotten.
        rustix::fs::fdatasync(&executable)?;
        rustix::fs::fadvise(&executable, 0, None, rustix::fs::Advice::DontNeed)?;
        Ok(())
    }

    /// Starts it on the store at `data`; `scratch` takes its configuration and log. `ready` is
    /// asked until it says yes.
    ///
    /// # Errors
    /// When it ends or stays silent, with its log.
    pub fn start(
        &self,
        data: &Path,
        scratch: &Path,
        setup: &Setup,
        mut ready: impl FnMut(SocketAddr) -> bool,
    ) -> Result<Running> {
        std::fs::create_dir_all(scratch)?;
        std::fs::create_dir_all(data)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = scratch.join("log");
        let mut command = configuration::command(self, address, data, scratch, setup)?;
        let file = std::fs::File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let start = Instant::now();
        let mut process = Started::of(&mut command)?;
        while !ready(address) {
            let ended = process.ended()?;
            if ended.is_some() || start.elapsed() > START_LIMIT {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("{} does not answer ({ended:?}): {log}", self.name);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Running {
            processes: vec![process],
            _balancer: None,
            address,
            started_in: start.elapsed(),
        })
    }
}

// === impl Running ===

impl Running {
    /// All of these as one, behind this balancer at its address.
    #[must_use]
    fn behind(servers: Vec<Self>, balancer: Started, address: SocketAddr) -> Self {
        let started_in = servers.iter().map(|server| server.started_in);
        Self {
            started_in: started_in.max().unwrap_or_default(),
            processes: servers.into_iter().flat_map(|it| it.processes).collect(),
            _balancer: Some(balancer),
            address,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands in `Host`.
    #[must_use]
    pub fn host(&self) -> Host {
        Host::new(&self.address.to_string())
    }

    /// Its processes.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.processes.iter().map(Started::id).collect())
    }
}

// === impl Started ===

impl Started {
    /// Runs this command.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn of(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self(child))
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// Of the system.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // nginx's workers end with their master only if it is told so.
        if let Some(pid) = i32::try_from(self.0.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(5) {
                if !matches!(self.0.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Whether something listens there.
#[must_use]
pub fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// What a command prints, standard error included.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).trim().to_owned())
}
