//! A registry as a child process on a free port: ours, or one of the Go registries that have
//! the same API on the same tree.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::tool::{target_directory, tool};

const START_LIMIT: Duration = Duration::from_secs(20);
const LOG_LIMIT: Duration = Duration::from_secs(10);

/// Which registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The binary under test.
    Wharf,
    /// Debian's `docker-registry`: distribution 2.8.
    Debian,
    /// distribution v3.
    V3,
}

/// Which children of an index have to be there when it is pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sparse {
    /// All of them.
    #[default]
    None,
    /// None of an index.
    Indexes,
    /// None of anything.
    All,
}

/// How to start a server.
#[derive(Clone, Debug)]
#[must_use]
pub struct Setup {
    kind: Kind,
    data: Option<PathBuf>,
    relative_urls: bool,
    sparse: Sparse,
    deletion: bool,
    schema1: bool,
    drain_timeout: Option<u32>,
    log_json: bool,
    /// A driver's name, and its section.
    bucket: Option<(&'static str, Value)>,
    redirects: bool,
    environment: Vec<(&'static str, String)>,
}

/// A running registry; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    daemon: Daemon,
    kind: Kind,
    address: String,
    data: PathBuf,
    http: Http,
    _scratch: Scratch,
    _bucket: Option<Arc<Bucket>>,
}

// === impl Kind ===

impl Kind {
    /// `WHARF_E2E_SERVER=debian|v3` points the tests at a Go registry, to test the tests.
    ///
    /// # Panics
    /// When it is set to something else.
    #[must_use]
    pub fn under_test() -> Self {
        match std::env::var("WHARF_E2E_SERVER").as_deref() {
            Err(_) | Ok("" | "wharf") => Self::Wharf,
            Ok("debian") => Self::Debian,
            Ok("v3") => Self::V3,
            Ok(other) => panic!("WHARF_E2E_SERVER is {other}, not wharf, debian or v3"),
        }
    }

    /// Whether it has what the OCI specification asks for beyond distribution: referrers,
    /// sha512 as an equal, pushing without a session.
    #[must_use]
    pub fn is_complete(self) -> bool {
        match self {
            Self::Wharf => true,
            Self::Debian | Self::V3 => false,
        }
    }
}

/// `WHARF_E2E_STORAGE=s3` has ours keep their images in a bucket, where a test names no place.
///
/// # Panics
/// When it is set to something else.
#[must_use]
pub fn in_buckets() -> bool {
    match std::env::var("WHARF_E2E_STORAGE").as_deref() {
        Err(_) | Ok("" | "filesystem") => false,
        Ok("s3") => true,
        Ok(other) => panic!("WHARF_E2E_STORAGE is {other}, not filesystem or s3"),
    }
}

// === impl Setup ===

impl Setup {
    /// An empty store in a directory of its own, default settings.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            data: None,
            relative_urls: false,
            sparse: Sparse::None,
            deletion: true,
            schema1: false,
            drain_timeout: None,
            log_json: false,
            bucket: None,
            redirects: false,
            environment: Vec::new(),
        }
    }

    /// Keeps images in a bucket: this is the section of `storage` that is named for the driver.
    /// Clients are not sent there.
    pub fn bucket(mut self, driver: &'static str, section: Value) -> Self {
        self.bucket = Some((driver, section));
        self
    }

    /// Sets a variable.
    pub fn variable(mut self, name: &'static str, value: String) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Sends clients to the bucket.
    pub fn redirects(mut self) -> Self {
        self.redirects = true;
        self
    }

    /// Serves this directory, and leaves it when stopped.
    pub fn data(mut self, data: &Path) -> Self {
        self.data = Some(data.to_owned());
        self
    }

    /// `Location` headers without scheme and host.
    pub fn relative_urls(mut self) -> Self {
        self.relative_urls = true;
        self
    }

    /// Clients may not delete anything.
    pub fn no_deletion(mut self) -> Self {
        self.deletion = false;
        self
    }

    /// distribution 2.8 only: images of schema 1 may be pushed.
    pub fn schema1(mut self) -> Self {
        self.schema1 = true;
        self
    }

    /// Ours only: which missing children to accept.
    pub fn sparse(mut self, sparse: Sparse) -> Self {
        self.sparse = sparse;
        self
    }

    /// Ours only: how long transfers may go on after SIGTERM.
    pub fn drain_timeout(mut self, seconds: u32) -> Self {
        self.drain_timeout = Some(seconds);
        self
    }

    /// Logs as JSON, requests that succeeded included.
    pub fn log_json(mut self) -> Self {
        self.log_json = true;
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// With its log, when it does not.
    #[must_use]
    pub fn start(self) -> Server {
        let mut last = String::new();
        // Between our finding a free port and its taking it, another test may have taken it.
        for _ in 0..3 {
            match self.try_start() {
                Ok(server) => return server,
                Err(error) => last = error,
            }
        }
        panic!("{:?} does not start: {last}", self.kind);
    }

    fn try_start(&self) -> Result<Server, String> {
        let scratch = Scratch::new();
        let data = self.data.clone().unwrap_or_else(|| scratch.join("data"));
        let address = free_address();
        let is_free = self.data.is_none() && self.bucket.is_none();
        let shared = (is_free && self.kind == Kind::Wharf && in_buckets()).then(Bucket::shared);
        let root = scratch.path().display().to_string();
        let section = |bucket: &Arc<Bucket>| ("s3", bucket.section(&root));
        let bucket = self.bucket.clone().or(shared.as_ref().map(section));
        let (program, arguments) = self.command_line(&address, &data, scratch.path(), bucket);
        let log = scratch.join("log");
        let mut environment = vec![("OTEL_TRACES_EXPORTER", "none")];
        let own = self.environment.iter();
        environment.extend(own.map(|(name, value)| (*name, value.as_str())));
        let mut daemon = Daemon::start(&program, arguments, &environment, &log);
        let http = Http::new(&address);
        daemon.wait_until(START_LIMIT, || {
            http.get("/v2/")
                .try_send()
                // It may ask who is there.
                .is_ok_and(|answer| matches!(answer.status, 200 | 401))
        })?;
        Ok(Server {
            daemon,
            kind: self.kind,
            address,
            data,
            http,
            _scratch: scratch,
            _bucket: shared,
        })
    }

    fn command_line(
        &self,
        address: &str,
        data: &Path,
        scratch: &Path,
        bucket: Option<(&'static str, Value)>,
    ) -> (PathBuf, Vec<String>) {
        let shown = data.display().to_string();
        match self.kind {
            Kind::Wharf => {
                let place = match bucket {
                    None => vec!["--data".to_owned(), shown],
                    Some((driver, section)) => {
                        let config = scratch.join("config.yml");
                        let text = self.bucket_config(driver, &section).to_string();
                        std::fs::write(&config, text).expect("write a configuration");
                        vec![config.display().to_string()]
                    }
                };
                (wharf(), self.wharf_arguments(address, place))
            }
            Kind::Debian | Kind::V3 => {
                let name = match self.kind {
                    Kind::V3 => "registry",
                    Kind::Debian | Kind::Wharf => "docker-registry",
                };
                let config = scratch.join("config.yml");
                let text = self.distribution_config(address, &shown, bucket);
                std::fs::write(&config, text).expect("write a configuration");
                let config = config.display().to_string();
                (tool(name), vec!["serve".to_owned(), config])
            }
        }
    }

    fn bucket_config(&self, driver: &str, section: &Value) -> Value {
        json!({
            "version": 0.1,
            "storage": {
                driver: section,
                "delete": {"enabled": true},
                "redirect": {"disable": !self.redirects},
            },
        })
    }

    fn wharf_arguments(&self, address: &str, place: Vec<String>) -> Vec<String> {
        let mut arguments = ["serve", "--addr", address].map(str::to_owned).to_vec();
        arguments.extend(place);
        if self.log_json {
            arguments.extend(["--log-format", "json"].map(str::to_owned));
        }
        if self.relative_urls {
            arguments.push("--relative-urls".to_owned());
        }
        if !self.deletion {
            arguments.extend(["--delete", "off"].map(str::to_owned));
        }
        match self.sparse {
            Sparse::None => {}
            Sparse::Indexes => arguments.extend(["--sparse", "indexes"].map(str::to_owned)),
            Sparse::All => arguments.extend(["--sparse", "all"].map(str::to_owned)),
        }
        if let Some(seconds) = self.drain_timeout {
            arguments.extend(["--drain-timeout".to_owned(), seconds.to_string()]);
        }
        arguments
    }

    fn distribution_config(
        &self,
        address: &str,
        data: &str,
        bucket: Option<(&'static str, Value)>,
    ) -> String {
        let relative = self.relative_urls;
        let log = if self.log_json {
            json!({"level": "info", "formatter": "json"})
        } else {
            json!({"level": "warn"})
        };
        let directory = ("filesystem", json!({"rootdirectory": data}));
        let (driver, section) = bucket.unwrap_or(directory);
        json!({
            "version": 0.1,
            "log": log,
            "storage": {
                driver: section,
                "delete": {"enabled": self.deletion},
                "redirect": {"disable": !self.redirects},
            },
            "http": {"addr": address, "relativeurls": relative, "secret": "e2e"},
            "compatibility": {"schema1": {"enabled": self.schema1}},
        })
        .to_string()
    }
}

// === impl Server ===

impl Server {
    /// The binary under test on an empty store.
    #[must_use]
    pub fn wharf() -> Self {
        Setup::of(Kind::Wharf).start()
    }

    /// distribution 2.8 on an empty store.
    #[must_use]
    pub fn debian_registry() -> Self {
        Setup::of(Kind::Debian).start()
    }

    /// distribution v3 on an empty store.
    #[must_use]
    pub fn distribution_v3() -> Self {
        Setup::of(Kind::V3).start()
    }

    /// Which registry it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// `127.0.0.1:port`: the first part of the names of images.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.address
    }

    /// The root of its store.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A client of it.
    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Waits for a warning that names `file` behind the first `before` bytes of the log, which
    /// is written beside the answers.
    ///
    /// # Panics
    /// With what is there, when none comes.
    pub fn warns_of(&self, before: usize, file: &str) {
        let start = Instant::now();
        let is_it = |line: &str| line.contains(" level=warning ") && line.contains(file);
        loop {
            let log = self.log();
            let added = &log[before..];
            if added.lines().any(is_it) {
                return;
            }
            let waited = start.elapsed();
            assert!(waited < LOG_LIMIT, "no warning names {file}:\n{added}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops it by SIGTERM.
    pub fn stop(self) -> ExitStatus {
        self.daemon.stop()
    }

    /// Stops it by SIGKILL.
    pub fn kill(self) {
        self.daemon.kill();
    }
}

/// An address that was free a moment ago.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .to_string()
}

/// The binary under test: `WHARF_BIN`, else the one built beside the test executable.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn wharf() -> PathBuf {
    if let Some(path) = std::env::var_os("WHARF_BIN") {
        return PathBuf::from(path);
    }
    ["debug/wharf", "release/wharf"]
        .map(|path| target_directory().join(path))
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no wharf to test: cargo build --package wharf"))
}
