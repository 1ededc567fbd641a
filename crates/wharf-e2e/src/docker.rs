//! A Docker engine of our own: its own images, socket and pid file, no bridge, no firewall.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::Run;
use crate::daemon::Daemon;
use crate::rootfs;
use crate::scratch::Scratch;
use crate::tool::{candidates, tool};

const START_LIMIT: Duration = Duration::from_secs(30);

/// The name of an image with the root filesystem of [`rootfs`], without a command.
pub const BASE_IMAGE: &str = "base:1";

/// A running engine; dropping it stops it and removes its images.
#[derive(Debug)]
pub struct Docker {
    client: PathBuf,
    socket: String,
    // Fields are dropped in this order: the daemon has to be gone before its files.
    _daemon: Daemon,
    scratch: Scratch,
}

impl Docker {
    /// Starts an engine that has [`BASE_IMAGE`].
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start() -> Self {
        let scratch = Scratch::new();
        let path = |name: &str| scratch.join(name).display().to_string();
        let socket = format!("unix://{}", path("s"));
        let arguments = [
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
            "--bridge=none".to_owned(),
            "--exec-opt=native.cgroupdriver=cgroupfs".to_owned(),
            format!("--data-root={}", path("data")),
            format!("--exec-root={}", path("exec")),
            format!("--pidfile={}", path("pid")),
            format!("--host={socket}"),
        ];
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&tool("dockerd"), arguments, &[], &log);
        let mut client = None;
        daemon
            .wait_until(START_LIMIT, || {
                client = clients()
                    .into_iter()
                    .find(|client| answers(client, &socket));
                client.is_some()
            })
            .unwrap_or_else(|error| panic!("dockerd: {error}"));
        let docker = Self {
            client: client.expect("found above"),
            socket,
            _daemon: daemon,
            scratch,
        };
        docker.import_base();
        docker
    }

    /// `docker …` on this engine.
    pub fn run(&self, words: &str) -> Run {
        Run::program(&self.client)
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_CONFIG", self.scratch.join("config"))
            .args(["--host", &self.socket])
            .words(words)
    }

    /// The command line that talks to it, for scripts.
    #[must_use]
    pub fn client(&self) -> &Path {
        &self.client
    }

    /// Where it listens, as `DOCKER_HOST` has it.
    #[must_use]
    pub fn socket(&self) -> &str {
        &self.socket
    }

    /// The id of an image: the digest of its config.
    #[must_use]
    pub fn image_id(&self, image: &str) -> String {
        self.run("image inspect --format {{.Id}}")
            .arg(image)
            .ok()
            .text()
    }

    fn import_base(&self) {
        let root = self.scratch.join("base");
        rootfs::create(&root);
        let archive = rootfs::archive(&root);
        self.run("import -").arg(BASE_IMAGE).input(archive).ok();
    }
}

/// Debian's first: another `docker` on the path may be a stand-in that knows no daemon.
fn clients() -> Vec<PathBuf> {
    let debian = Path::new("/usr/bin/docker");
    let mut clients = candidates("docker");
    clients.sort_by_key(|client| client != debian);
    clients
}

fn answers(client: &Path, socket: &str) -> bool {
    Run::program(client)
        .args(["--host", socket])
        .words("version --format {{.Server.Version}}")
        .succeeds()
}
