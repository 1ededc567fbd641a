//! The server that is killed, and the collector that runs beside it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::http::Http;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{free_address, wharf};
use wharf_e2e::tool::tool;

use super::stored::Stored;

/// Which registry is out in the storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registry {
    Wharf,
    Distribution,
}

/// Whether anything is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collecting {
    Always,
    /// To see what the clients find without.
    Never,
}

pub(super) struct Machine {
    registry: Registry,
    scratch: Scratch,
    address: String,
    program: PathBuf,
    config: PathBuf,
}

const START_LIMIT: Duration = Duration::from_secs(20);

// === impl Machine ===

impl Machine {
    pub(super) fn new(registry: Registry, collecting: Collecting) -> Self {
        let scratch = Scratch::new();
        let address = free_address();
        let config = scratch.join("config.yml");
        let data = scratch.join("data");
        let text = configuration(registry, collecting, &address, &data);
        std::fs::write(&config, text.to_string()).unwrap();
        let program = match registry {
            Registry::Wharf => wharf(),
            Registry::Distribution => tool("registry"),
        };
        Self {
            registry,
            scratch,
            address,
            program,
            config,
        }
    }

    pub(super) fn http(&self) -> Http {
        Http::new(&self.address)
    }

    /// Blobs and repositories.
    pub(super) fn tree(&self) -> Stored {
        Stored::in_directory(&self.scratch.join("data/docker/registry/v2"))
    }

    pub(super) fn start(&self) -> Daemon {
        let log = self.scratch.join("log");
        let arguments = ["serve".to_owned(), self.config.display().to_string()];
        let environment = [("OTEL_TRACES_EXPORTER", "none")];
        let mut daemon = Daemon::start(&self.program, arguments, &environment, &log);
        let http = self.http();
        let answers = || {
            let answer = http.get("/v2/").try_send();
            answer.is_ok_and(|answer| answer.status == 200)
        };
        if let Err(error) = daemon.wait_until(START_LIMIT, answers) {
            panic!("no server: {error}");
        }
        daemon
    }

    /// Ends it in order. distribution just dies of the signal.
    pub(super) fn stop(&self, server: Daemon) {
        let ended = server.stop();
        assert!(
            ended.success() || self.registry == Registry::Distribution,
            "{ended}"
        );
    }

    /// Collects once, in a process of its own; tells whether that went well.
    pub(super) fn collect(&self) -> bool {
        let run = Run::program(&self.program)
            .env("OTEL_TRACES_EXPORTER", "none")
            .arg("garbage-collect");
        let run = match self.registry {
            Registry::Wharf => run.arg("--quiet").args(["--grace", "0s"]),
            Registry::Distribution => run,
        };
        let run = run.arg(&self.config);
        match self.registry {
            Registry::Wharf => {
                run.ok();
                true
            }
            // It gives up when something goes away under it.
            Registry::Distribution => run.succeeds(),
        }
    }

    /// What the server has said of its own mistakes.
    pub(super) fn panics(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.scratch.join("log")).unwrap_or_default();
        let is_panic = |line: &&str| line.contains("panicked at");
        log.lines().filter(is_panic).map(str::to_owned).collect()
    }
}

fn configuration(registry: Registry, collecting: Collecting, address: &str, data: &Path) -> Value {
    let mut config = json!({
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": true}},
        "storage": {
            "filesystem": {"rootdirectory": data},
            "delete": {"enabled": true},
            "maintenance": {"uploadpurging": {"enabled": false}},
        },
        "http": {"addr": address, "secret": "storm"},
    });
    if registry == Registry::Wharf {
        config["wharfinger"] = json!({"collection": {
            "enabled": collecting == Collecting::Always,
            "interval": "1s",
            "grace": "0s",
            "operations": 0,
            "bytes": 0,
        }});
    }
    config
}

/// Sleeps, unless it is over before.
pub(super) fn wait(time: Duration, is_over: impl Fn() -> bool) {
    let start = Instant::now();
    while start.elapsed() < time && !is_over() {
        std::thread::sleep(Duration::from_millis(20));
    }
}
