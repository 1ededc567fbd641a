//! A server of PostgreSQL, for tests.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::authority::Authority;
use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server with an empty database; dropping it stops it.
#[derive(Debug)]
pub struct Postgres {
    address: String,
    daemon: Option<Daemon>,
    scratch: Scratch,
}

// === impl Postgres ===

impl Postgres {
    /// Who may use it.
    pub const USER: &str = "wharf";
    /// Their password.
    pub const PASSWORD: &str = "open-sesame";

    /// One that speaks TLS to those who ask for it, with a certificate of this authority.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(authority: &Authority) -> Self {
        let scratch = Scratch::new();
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(scratch.path(), all).expect("change a mode");
        let data = scratch.join("data");
        let password = scratch.join("password");
        std::fs::write(&password, Self::PASSWORD).expect("write a password");
        std::fs::create_dir(&data).expect("a directory");
        let [_, certificate, key] = authority.files();
        for (file, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let copy = scratch.join(name);
            std::fs::copy(file, &copy).expect("copy a file");
            let own = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(copy, own).expect("change a mode");
        }
        Run::tool("chown")
            .words("-R postgres")
            .arg(scratch.path())
            .ok();
        as_its_user(program("initdb"))
            .words("--username wharf --auth-host scram-sha-256 --no-sync --pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(&data)
            .ok();
        let mut started = Self {
            address: free_address(),
            daemon: None,
            scratch,
        };
        started.start_again();
        started
    }

    /// After [`Postgres::stop`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        let (_, port) = self.address.split_once(':').expect("host and port");
        let path = |name: &str| self.scratch.join(name).display().to_string();
        let words = [
            "--reuid=postgres".to_owned(),
            "--regid=postgres".to_owned(),
            "--clear-groups".to_owned(),
            program("postgres").display().to_string(),
            "-D".to_owned(),
            path("data"),
            format!("-p{port}"),
            format!("-k{}", self.scratch.path().display()),
            "-hlocalhost".to_owned(),
            "-cssl=on".to_owned(),
            format!("-cssl_cert_file={}", path("server.crt")),
            format!("-cssl_key_file={}", path("server.key")),
        ];
        let log = self.scratch.join("log");
        let mut daemon = Daemon::start(&tool("setpriv"), &words, &[], &log);
        let is_ready =
            || TcpStream::connect(&self.address).is_ok() && self.asking("SELECT 1").succeeds();
        let ready = daemon.wait_until(START_LIMIT, is_ready);
        ready.expect("PostgreSQL starts");
        self.daemon = Some(daemon);
    }

    /// As a crash does.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
        }
    }

    /// Where the database is, for who speaks no TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_speaking("disable")
    }

    /// The same with another `sslmode`.
    #[must_use]
    pub fn url_speaking(&self, mode: &str) -> String {
        let address = self.address.replace("127.0.0.1", "localhost");
        format!(
            "postgresql://{}:{}@{address}/postgres?sslmode={mode}",
            Self::USER,
            Self::PASSWORD
        )
    }

    /// What it answers, without any frame around it.
    #[must_use]
    pub fn ask(&self, statement: &str) -> String {
        let answer = self.asking(statement).ok().stdout;
        String::from_utf8_lossy(&answer).trim().to_owned()
    }

    fn asking(&self, statement: &str) -> Run {
        let run = Run::program(program("psql")).words("--no-psqlrc --tuples-only --no-align");
        run.arg("--dbname")
            .arg(self.url())
            .arg("--command")
            .arg(statement)
    }
}

/// It does not run as root.
fn as_its_user(program: PathBuf) -> Run {
    let run = Run::tool("setpriv").words("--reuid=postgres --regid=postgres --clear-groups");
    run.arg(program)
}

/// One of those that Debian keeps apart by version.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let programs = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name));
    let there = programs.filter(|program| program.is_file()).max();
    there.unwrap_or_else(|| panic!("install postgresql: cargo xtask tools"))
}
