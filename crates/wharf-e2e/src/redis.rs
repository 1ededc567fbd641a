//! Servers of Redis, for tests: one, one that sentinels watch, a cluster of three.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::authority::Authority;
use crate::command::Run;
use crate::daemon::Daemon;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server without anything in it; dropping it stops it.
#[derive(Debug)]
pub struct Redis {
    address: String,
    /// What redis-cli needs to be let in.
    login: Vec<String>,
    daemon: Daemon,
    _scratch: Scratch,
}

/// A server, a replica of it, and one sentinel that watches them by the name of `images`.
#[derive(Debug)]
pub struct Watched {
    /// The first master.
    pub master: Redis,
    /// The one to take its place.
    pub replica: Redis,
    sentinel: Redis,
}

/// Three masters.
#[derive(Debug)]
pub struct Cluster {
    members: Vec<Redis>,
}

// === impl Redis ===

impl Redis {
    /// The password of those that have one.
    pub const PASSWORD: &str = "open sesame";

    /// One that lets everybody in.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(&free_address(), &[])
    }

    /// The same, at an address and with more words on its command line.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_at(address: &str, words: &[&str]) -> Self {
        let port = port(address);
        let mut all = vec!["--port", port, "--bind", "127.0.0.1", "--save", ""];
        all.extend(words);
        Self::run("redis-server", address, &all, &[])
    }

    /// One that asks for a password.
    #[must_use]
    pub fn with_password() -> Self {
        let address = free_address();
        let words = ["--port", port(&address), "--save", ""];
        let words = [&words[..], &["--requirepass", Self::PASSWORD]].concat();
        let login = ["--no-auth-warning", "-a", Self::PASSWORD];
        Self::run("redis-server", &address, &words, &login)
    }

    /// One that speaks TLS alone, asks for a password, and for a certificate of this authority.
    #[must_use]
    pub fn behind_tls(authority: &Authority) -> Self {
        let address = free_address();
        let [ca, file, key] = authority.files();
        let words = ["--port", "0", "--tls-port", port(&address), "--save", ""];
        let tls = ["--tls-cert-file", &file, "--tls-key-file", &key];
        let client = ["--tls-ca-cert-file", &ca, "--requirepass", Self::PASSWORD];
        let words = [&words[..], &tls, &client].concat();
        let login = ["--no-auth-warning", "-a", Self::PASSWORD, "--tls"];
        let files = ["--cacert", &ca, "--cert", &file, "--key", &key];
        let login = [&login[..], &files].concat();
        Self::run("redis-server", &address, &words, &login)
    }

    fn run(program: &str, address: &str, words: &[&str], login: &[&str]) -> Self {
        Self::run_in(Scratch::new(), program, address, words, login)
    }

    fn run_in(
        scratch: Scratch,
        program: &str,
        address: &str,
        words: &[&str],
        login: &[&str],
    ) -> Self {
        let directory = scratch.path().display().to_string();
        let words = [words, &["--dir", &directory]].concat();
        let log = scratch.join("log");
        let daemon = Daemon::start(&tool(program), &words, &[], &log);
        let mut started = Self {
            address: address.to_owned(),
            login: login.iter().map(ToString::to_string).collect(),
            daemon,
            _scratch: scratch,
        };
        let is_ready = || TcpStream::connect(address).is_ok();
        let ready = started.daemon.wait_until(START_LIMIT, is_ready);
        ready.expect("Redis starts");
        started
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it answers to a command, as redis-cli shows it.
    pub fn ask(&self, command: &[&str]) -> String {
        let answer = self.asking(command).ok().stdout;
        String::from_utf8_lossy(&answer).trim().to_owned()
    }

    fn asking(&self, command: &[&str]) -> Run {
        let run = Run::tool("redis-cli").args(["-h", "127.0.0.1", "-p", port(&self.address)]);
        run.args(&self.login).args(command)
    }

    /// Has it hang, or go on.
    pub fn hang(&self, is_hanging: bool) {
        self.daemon.hang(is_hanging);
    }

    /// Stops it.
    pub fn stop(self) {
        self.daemon.kill();
    }
}

// === impl Watched ===

impl Watched {
    /// Starts all three.
    ///
    /// # Panics
    /// When one of them does not start.
    #[must_use]
    pub fn start() -> Self {
        let master = Redis::start();
        let following = ["--replicaof", "127.0.0.1", port(master.address())];
        let replica = Redis::start_at(&free_address(), &following);
        let address = free_address();
        let scratch = Scratch::new();
        let config = scratch.join("sentinel.conf");
        let text = format!(
            "port {}\nbind 127.0.0.1\nsentinel monitor images 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds images 1000\n\
             sentinel failover-timeout images 5000\n",
            port(&address),
            port(master.address()),
        );
        std::fs::write(&config, text).expect("write a configuration");
        let config = config.display().to_string();
        let words = [config.as_str()];
        let sentinel = Redis::run_in(scratch, "redis-sentinel", &address, &words, &[]);
        let watched = Self {
            master,
            replica,
            sentinel,
        };
        watched.wait(|sentinel| {
            sentinel
                .ask(&["SENTINEL", "REPLICAS", "images"])
                .contains("slave")
        });
        watched
    }

    /// Where the sentinel is.
    #[must_use]
    pub fn sentinel(&self) -> &str {
        self.sentinel.address()
    }

    /// Stops the master and waits until the replica has taken its place.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn fail_over(self) -> Self {
        let Self {
            master,
            replica,
            sentinel,
        } = self;
        master.stop();
        let after = Self {
            master: replica,
            replica: Redis::start(),
            sentinel,
        };
        let master = port(after.master.address()).to_owned();
        after.wait(|sentinel| {
            let command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "images"];
            sentinel.ask(&command).lines().last() == Some(master.as_str())
        });
        after
    }

    fn wait(&self, is_so: impl Fn(&Redis) -> bool) {
        let start = Instant::now();
        while !is_so(&self.sentinel) {
            assert!(
                start.elapsed() < START_LIMIT,
                "the sentinel does not notice"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

// === impl Cluster ===

impl Cluster {
    /// Starts them and gives each its share.
    ///
    /// # Panics
    /// When they do not become a cluster.
    #[must_use]
    pub fn start() -> Self {
        let member = || {
            let bus = free_address();
            let words = ["--cluster-enabled", "yes", "--cluster-port", port(&bus)];
            Redis::start_at(&free_address(), &words)
        };
        let members: Vec<Redis> = (0..3).map(|_| member()).collect();
        let create = Run::tool("redis-cli").args(["--cluster", "create"]);
        let addresses = members.iter().map(Redis::address);
        create.args(addresses).arg("--cluster-yes").ok();
        let cluster = Self { members };
        let start = Instant::now();
        let is_whole = |redis: &Redis| redis.ask(&["CLUSTER", "INFO"]).contains("state:ok");
        while !cluster.members.iter().all(is_whole) {
            assert!(start.elapsed() < START_LIMIT, "they are no cluster");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// Where each of them is.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(Redis::address)
    }

    /// What the one who knows answers.
    #[must_use]
    pub fn ask(&self, command: &[&str]) -> String {
        let address = self.members.first().map(Redis::address);
        let run = Run::tool("redis-cli").args(["-c", "-h", "127.0.0.1", "-p"]);
        let run = run.arg(port(address.unwrap_or_default())).args(command);
        String::from_utf8_lossy(&run.ok().stdout).trim().to_owned()
    }
}

fn port(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(_, port)| port)
}
