//! Three servers on one bucket behind HAProxy, each of which is killed now and then, while the
//! bucket refuses, delays and loses requests, and answers: nothing acknowledged is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::between::{Between, Fate};
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::http::Http;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{free_address, wharf};
use wharf_e2e::tool::tool;
use wharf_store_cloud::{CloudStore, s3};

use super::aftermath;
use super::client::{Client, World};
use super::content::Content;
use super::ledger::Ledger;
use super::random::Random;
use super::stored::Stored;
use super::{Options, Over, machine};
use crate::cloud::driver::s3_options;

const REPLICAS: usize = 3;
const CLIENTS: u64 = 8;
const SECONDS: u64 = 45;
const SECONDS_AT_VERSITY: u64 = 20;
const START_LIMIT: Duration = Duration::from_secs(60);

/// The servers, and what is before and behind them.
struct Replicas {
    addresses: Vec<String>,
    configs: Vec<PathBuf>,
    address: String,
    // Fields are dropped in this order.
    _proxy: Daemon,
    between: Between,
    bucket: Arc<Bucket>,
    scratch: Scratch,
}

#[test]
fn nothing_acknowledged_is_lost_by_replicas_on_a_troubled_bucket() {
    loses_nothing(Bucket::shared(), Duration::from_secs(SECONDS));
}

#[test]
fn at_versity_nothing_is_lost_by_replicas_on_a_troubled_bucket() {
    let bucket = Arc::new(Bucket::of_versity());
    loses_nothing(bucket, Duration::from_secs(SECONDS_AT_VERSITY));
}

#[expect(clippy::print_stdout, reason = "whoever waits wants to see it")]
fn loses_nothing(bucket: Arc<Bucket>, time: Duration) {
    let mut options = Options::from_environment();
    if std::env::var_os("WHARF_STORM_SECONDS").is_none() {
        options.time = time;
    }
    println!("storm of replicas: seed {}", options.seed);
    let replicas = Replicas::new(bucket);
    let world = World {
        content: Content::new(options.seed),
        ledger: Ledger::default(),
        http: Http::new(&replicas.address),
        over: AtomicBool::new(false),
    };
    let servers = blow(&replicas, &world, &options);
    replicas.between.decide(|_, _| Fate::Answered);
    let surviving = aftermath::check_all(&world);
    for server in servers {
        assert!(server.stop().success());
    }
    let before = aftermath::check_tree(&world, &replicas.stored(), &surviving);
    println!(
        "storm of replicas: {} blobs to collect",
        before.garbage.len()
    );
    replicas.collect();
    let leftover = aftermath::check_tree(&world, &replicas.stored(), &surviving);
    // The last collection has taken nothing that is needed.
    let servers: Vec<Daemon> = (0..REPLICAS).map(|number| replicas.start(number)).collect();
    aftermath::check_all(&world);
    drop(servers);
    let (seed, counts) = (options.seed, world.ledger.counts());
    println!("storm of replicas: {counts:?}");
    let log = replicas.log();
    let what = || format!("seed {seed}; the servers said\n{log}");
    assert_eq!(world.ledger.losses(), Vec::<String>::new(), "{}", what());
    let surprises = world.ledger.surprises();
    assert_eq!(surprises, Vec::<String>::new(), "{}", what());
    assert!(!log.contains("panicked at"), "{}", what());
    assert!(leftover.missing.is_empty(), "{leftover:#?}\n{}", what());
    assert!(leftover.strange.is_empty(), "{leftover:#?}\n{}", what());
    assert!(leftover.garbage.is_empty(), "{leftover:#?}\n{}", what());
    let pushed = counts.get("pushed").copied().unwrap_or(0);
    assert!(pushed > 5, "there was no storm: {counts:?}");
}

/// Clients, kills and trouble, until the time is over. All servers run then.
fn blow(replicas: &Replicas, world: &World, options: &Options) -> Vec<Daemon> {
    let mut servers: Vec<Option<Daemon>> = Vec::new();
    for number in 0..REPLICAS {
        servers.push(Some(replicas.start(number)));
    }
    let seed = options.seed;
    replicas
        .between
        .decide(move |_, number| trouble(seed, number));
    let mut random = Random::new(seed ^ 0x7265_706c);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let over = Over(world);
        for number in 0..CLIENTS {
            let seed = seed.wrapping_mul(1000).wrapping_add(number);
            scope.spawn(move || Client::new(world, seed).run());
        }
        while start.elapsed() < options.time {
            let calm = Duration::from_secs(2 + random.next() % 5);
            let left = options.time.saturating_sub(start.elapsed());
            machine::wait(calm.min(left), || false);
            let number = random.below(REPLICAS);
            if let Some(server) = servers[number].take() {
                server.kill();
            }
            world.ledger.count("killed");
            machine::wait(Duration::from_millis(random.next() % 2000), || false);
            servers[number] = Some(replicas.start(number));
            replicas.between.forget();
        }
        drop(over);
    });
    servers.into_iter().flatten().collect()
}

/// One request of fifty is in trouble.
fn trouble(seed: u64, number: usize) -> Fate {
    let mut random = Random::new(seed ^ number as u64);
    match random.below(1000) {
        0..10 => Fate::Delayed(Duration::from_millis(random.next() % 400)),
        10..15 => Fate::Refused,
        15..18 => Fate::Lost,
        18..20 => Fate::AnswerLost,
        _ => Fate::Answered,
    }
}

// === impl Replicas ===

impl Replicas {
    fn new(bucket: Arc<Bucket>) -> Self {
        let scratch = Scratch::new();
        let between = Between::start(bucket.address());
        let root = scratch.path().display().to_string();
        let section = Bucket::section_at(between.address(), &root);
        let addresses: Vec<String> = (0..REPLICAS).map(|_| free_address()).collect();
        let configs = addresses.iter().enumerate().map(|(number, address)| {
            let config = scratch.join(format!("{number}.yml"));
            std::fs::write(&config, configuration(address, &section).to_string()).unwrap();
            config
        });
        let configs = configs.collect();
        let address = free_address();
        let haproxy = scratch.join("haproxy.cfg");
        std::fs::write(&haproxy, before(&address, &addresses)).unwrap();
        let arguments = [
            "-db".to_owned(),
            "-f".to_owned(),
            haproxy.display().to_string(),
        ];
        let log = scratch.join("haproxy.log");
        let mut proxy = Daemon::start(&tool("haproxy"), arguments, &[], &log);
        let listens = || std::net::TcpStream::connect(&address).is_ok();
        proxy.wait_until(START_LIMIT, listens).unwrap();
        Self {
            addresses,
            configs,
            address,
            _proxy: proxy,
            between,
            bucket,
            scratch,
        }
    }

    fn start(&self, number: usize) -> Daemon {
        let log = self.scratch.join(format!("{number}.log"));
        let config = self.configs[number].display().to_string();
        let environment = [("OTEL_TRACES_EXPORTER", "none")];
        let mut server = Daemon::start(&wharf(), ["serve".to_owned(), config], &environment, &log);
        let http = Http::new(&self.addresses[number]);
        let answers = || {
            http.get("/v2/")
                .try_send()
                .is_ok_and(|answer| answer.status == 200)
        };
        if let Err(error) = server.wait_until(START_LIMIT, answers) {
            panic!("no server: {error}");
        }
        server
    }

    /// Blobs and repositories.
    fn stored(&self) -> Stored {
        let backend = s3::backend(&s3_options(&self.bucket)).unwrap();
        let root = self.scratch.path().display().to_string();
        Stored::in_bucket(&CloudStore::new(backend, &root, 5 << 20))
    }

    /// Collects, in a process of its own.
    fn collect(&self) {
        Run::program(wharf())
            .env("OTEL_TRACES_EXPORTER", "none")
            .args(["garbage-collect", "--quiet", "--grace", "0s"])
            .arg(&self.configs[0])
            .ok();
    }

    /// What the servers have said of what went wrong.
    fn log(&self) -> String {
        let logs = (0..REPLICAS).map(|number| {
            let log = self.scratch.join(format!("{number}.log"));
            std::fs::read_to_string(log).unwrap_or_default()
        });
        logs.collect()
    }
}

fn configuration(address: &str, section: &Value) -> Value {
    json!({
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": true}},
        "storage": {
            "s3": section,
            "delete": {"enabled": true},
            "redirect": {"disable": true},
            "maintenance": {"uploadpurging": {"enabled": false}},
        },
        "http": {"addr": address},
        "wharfinger": {"collection": {
            "enabled": true,
            "interval": "2s",
            "grace": "0s",
            "operations": 0,
            "bytes": 0,
        }},
    })
}

/// Each request to the next server: no upload stays with one of them.
fn before(outer: &str, inner: &[String]) -> String {
    let servers = inner.iter().enumerate();
    let servers = servers.map(|(number, address)| {
        format!("    server replica{number} {address} check inter 200ms fall 1 rise 1\n")
    });
    let servers: String = servers.collect();
    format!(
        "global
    log stderr format raw local0 notice
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option redispatch
    retries 2
frontend outside
    bind {outer}
    default_backend registry
backend registry
    balance roundrobin
    option httpchk GET /v2/
    http-check expect status 200
{servers}"
    )
}
