//! A containerd of our own, without Kubernetes' plugin, and its client `ctr`.

use std::time::Duration;

use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running containerd; dropping it stops it and removes its content.
#[derive(Debug)]
pub struct Containerd {
    socket: String,
    // Fields are dropped in this order: the daemon has to be gone before its files.
    _daemon: Daemon,
    _scratch: Scratch,
}

impl Containerd {
    /// Starts it.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start() -> Self {
        let scratch = Scratch::new();
        let directory = scratch.path().display();
        let socket = format!("{directory}/s");
        let config = scratch.join("config.toml");
        let text = format!(
            r#"version = 2
root = "{directory}/root"
state = "{directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "{socket}"
[ttrpc]
address = "{directory}/t"
"#
        );
        std::fs::write(&config, text).expect("write a configuration");
        let arguments = ["--config".as_ref(), config.as_os_str()];
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&tool("containerd"), arguments, &[], &log);
        let ctr = |words: &str| Run::tool("ctr").args(["--address", &socket]).words(words);
        daemon
            .wait_until(START_LIMIT, || ctr("version").succeeds())
            .unwrap_or_else(|error| panic!("containerd: {error}"));
        Self {
            socket,
            _daemon: daemon,
            _scratch: scratch,
        }
    }

    /// `ctr …` on this daemon.
    pub fn ctr(&self, words: &str) -> Run {
        Run::tool("ctr")
            .args(["--address", &self.socket])
            .words(words)
    }
}
