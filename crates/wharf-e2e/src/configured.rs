//! `wharf serve config.yml`, as the operators of Docker's registry start it.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::server::{free_address, wharf};

const START_LIMIT: Duration = Duration::from_secs(20);

/// A configuration to start with.
#[derive(Clone, Debug)]
#[must_use]
pub struct Configuration {
    file: File,
    environment: Vec<(String, String)>,
    command: &'static str,
}

#[derive(Clone, Debug)]
enum File {
    /// As somebody else wrote it.
    Text(String),
    /// As a test puts it together: JSON is YAML too.
    Json(Value),
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Configured {
    daemon: Daemon,
    address: String,
    debug_address: String,
    scratch: Scratch,
}

// === impl Configuration ===

impl Default for Configuration {
    /// The least that an operator writes.
    fn default() -> Self {
        Self {
            file: File::Json(json!({
                "version": 0.1,
                "storage": { "filesystem": { "rootdirectory": "{data}" } },
            })),
            environment: Vec::new(),
            command: "serve",
        }
    }
}

impl Configuration {
    /// A whole file. `{data}`, `{scratch}`, `{addr}` and `{debug}` stand for places of the
    /// test's own, here and in every value.
    pub fn of(file: &str) -> Self {
        Self {
            file: File::Text(file.to_owned()),
            environment: Vec::new(),
            command: "serve",
        }
    }

    /// Started by `wharf edge`.
    pub fn of_an_edge(self) -> Self {
        Self {
            command: "edge",
            ..self
        }
    }

    /// Sets an option in the file: `http.tls.key`, `health.file[0].interval`.
    ///
    /// # Panics
    /// When the file is somebody else's.
    pub fn set(mut self, option: &str, value: Value) -> Self {
        let File::Json(file) = &mut self.file else {
            panic!("{option} cannot be put into a text");
        };
        let mut at = file;
        for key in option.split('.') {
            match key.strip_suffix("[0]") {
                Some(key) => at = &mut item(&mut at[key])[0],
                None => at = &mut at[key],
            }
        }
        *at = value;
        self
    }

    /// Sets a variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it, on an address of its own unless the test has set `http.addr`.
    ///
    /// # Panics
    /// With its log, when it does not listen.
    #[must_use]
    pub fn start(self) -> Configured {
        let mut last = String::new();
        // Between our finding a free port and its taking it, another test may have taken it.
        for _ in 0..3 {
            match self.try_start() {
                Ok(server) => return server,
                Err(error) => last = error,
            }
        }
        panic!("wharf does not start: {last}\n{:?}", self.file);
    }

    /// The same, when it may end instead.
    ///
    /// # Errors
    /// Its log.
    pub fn try_start(&self) -> Result<Configured, String> {
        let scratch = Scratch::new();
        let (address, debug_address) = (free_address(), free_address());
        let own = [
            ("{data}", scratch.join("data").display().to_string()),
            ("{scratch}", scratch.path().display().to_string()),
            ("{addr}", address.clone()),
            ("{debug}", debug_address.clone()),
        ];
        let fill = |text: &str| {
            let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
            own.iter().fold(text.to_owned(), fill)
        };
        let config = scratch.join("config.yml");
        let text = match &self.file {
            File::Text(text) => fill(text),
            File::Json(json) => fill(&json.to_string()),
        };
        std::fs::write(&config, text).expect("write a configuration");
        let mut environment = vec![(
            "REGISTRY_CONFIGURATION_PATH".to_owned(),
            config.display().to_string(),
        )];
        if !self.names_its_address() {
            environment.push(("REGISTRY_HTTP_ADDR".to_owned(), address.clone()));
        }
        let said = |(name, value): &(String, String)| (name.clone(), fill(value));
        environment.extend(self.environment.iter().map(said));
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&wharf(), [self.command], &environment, &log);
        let is_listening =
            || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("listening on "));
        daemon.wait_until(START_LIMIT, is_listening)?;
        Ok(Configured {
            daemon,
            address,
            debug_address,
            scratch,
        })
    }

    /// A text's address is moved, a test's own is meant.
    fn names_its_address(&self) -> bool {
        match &self.file {
            File::Text(_) => false,
            File::Json(file) => {
                let mut environment = self.environment.iter();
                file.pointer("/http/addr").is_some()
                    || environment.any(|(name, _)| name == "REGISTRY_HTTP_ADDR")
            }
        }
    }
}

fn item(list: &mut Value) -> &mut Value {
    if !list.is_array() {
        *list = json!([{}]);
    }
    list
}

// === impl Configured ===

impl Configured {
    /// A client of it.
    #[must_use]
    pub fn http(&self) -> Http {
        Http::new(&self.address)
    }

    /// A client of its debug listener, where `{debug}` was its address.
    #[must_use]
    pub fn debug(&self) -> Http {
        Http::new(&self.debug_address)
    }

    /// `host:port`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.address
    }

    /// Its own directory; what `{scratch}` stood for.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.scratch.path()
    }

    /// Where it keeps its images, unless the file named a place.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.scratch.join("data")
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// What it has written so far, on both streams.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        self.daemon.hang_up();
    }

    /// Sends SIGKILL: it ends without a chance to tidy up.
    pub fn kill(self) {
        self.daemon.kill();
    }

    /// Sends SIGTERM and waits for its end.
    #[must_use]
    pub fn stop(self) -> ExitStatus {
        self.daemon.stop()
    }
}
