//! Sixteen clients push, pull and delete while the server collects, another process collects
//! too, and the server is killed again and again: nothing acknowledged is lost, and in the end
//! nothing is stored that nobody needs.
//!
//! `cargo xtask storm` runs it longer and against distribution. A seed replays the same scripts
//! of the clients; what meets what is up to the machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

mod aftermath;
mod client;
mod content;
mod ledger;
mod machine;
mod random;
mod replicas;
mod stored;

use client::{Client, World};
use content::Content;
use ledger::Ledger;
use machine::{Collecting, Machine, Registry};
use random::Random;

const CLIENTS: u64 = 16;
const SECONDS: u64 = 180;

/// How it blows. Set by `cargo xtask storm`.
struct Options {
    registry: Registry,
    collecting: Collecting,
    time: Duration,
    seed: u64,
    json: Option<String>,
}

/// What it came to.
struct Outcome {
    losses: Vec<String>,
    surprises: Vec<String>,
    panics: Vec<String>,
    leftover: aftermath::Leftover,
    summary: Value,
}

#[test]
fn nothing_acknowledged_is_lost_in_a_storm_and_nothing_else_stays() {
    let options = Options::from_environment();
    println!("storm: seed {}, {:?}", options.seed, options.registry);
    let outcome = storm(&options);
    println!("storm: {}", outcome.summary);
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{:#}\n", outcome.summary)).unwrap();
    }
    // What distribution loses is told, not judged.
    if options.registry == Registry::Wharf {
        let seed = options.seed;
        assert!(
            outcome.losses.is_empty(),
            "seed {seed}: {:#?}",
            outcome.losses
        );
        assert!(
            outcome.surprises.is_empty(),
            "seed {seed}: {:#?}",
            outcome.surprises
        );
        assert!(
            outcome.panics.is_empty(),
            "seed {seed}: {:#?}",
            outcome.panics
        );
        let leftover = outcome.leftover;
        assert!(leftover.missing.is_empty(), "seed {seed}: {leftover:#?}");
        assert!(leftover.strange.is_empty(), "seed {seed}: {leftover:#?}");
        // A client has one write under way at most when the server is killed.
        let kills = outcome.summary["counts"]["killed"].as_u64().unwrap_or(0);
        let unfinished = leftover.unfinished.len() as u64;
        assert!(unfinished <= kills * CLIENTS, "seed {seed}: {leftover:#?}");
        if options.collecting == Collecting::Always {
            assert!(leftover.garbage.is_empty(), "seed {seed}: {leftover:#?}");
        }
        assert!(leftover.kept > 20, "there was no storm: {leftover:#?}");
    }
}

fn storm(options: &Options) -> Outcome {
    let machine = Machine::new(options.registry, options.collecting);
    let world = World {
        content: Content::new(options.seed),
        ledger: Ledger::default(),
        http: machine.http(),
        over: AtomicBool::new(false),
    };
    blow(&machine, &world, options);
    let server = machine.start();
    let surviving = aftermath::check_all(&world);
    machine.stop(server);
    let before = aftermath::check_tree(&world, &machine.tree(), &surviving);
    if options.collecting == Collecting::Always && !machine.collect() {
        world
            .ledger
            .surprise("the last collection failed".to_owned());
    }
    let leftover = aftermath::check_tree(&world, &machine.tree(), &surviving);
    // The last collection has taken nothing that is needed.
    let server = machine.start();
    aftermath::check_all(&world);
    machine.stop(server);
    let losses = world.ledger.losses();
    let surprises = world.ledger.surprises();
    let summary = json!({
        "seed": options.seed,
        "seconds": options.time.as_secs(),
        "server": format!("{:?}", options.registry),
        "counts": world.ledger.counts(),
        "lost": losses.len(),
        "first losses": losses.iter().take(20).collect::<Vec<_>>(),
        "surprises": surprises.len(),
        "garbage before the last collection": before.garbage.len(),
        "garbage after it": leftover.garbage.len(),
        "needed and missing": leftover.missing.len(),
        "blobs": leftover.kept,
    });
    Outcome {
        losses,
        surprises,
        panics: machine.panics(),
        leftover,
        summary,
    }
}

/// Clients, collections and kills, until the time is over.
#[expect(clippy::print_stdout, reason = "whoever waits wants to see it")]
fn blow(machine: &Machine, world: &World, options: &Options) {
    let mut server = Some(machine.start());
    let mut random = Random::new(options.seed ^ 0x6b69_6c6c);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let over = Over(world);
        for number in 0..CLIENTS {
            let seed = options.seed.wrapping_mul(1000).wrapping_add(number);
            scope.spawn(move || Client::new(world, seed).run());
        }
        if options.collecting == Collecting::Always {
            scope.spawn(|| {
                while !world.is_over() {
                    let went_well = machine.collect();
                    let what = if went_well {
                        "collected"
                    } else {
                        "collection failed"
                    };
                    world.ledger.count(what);
                }
            });
        }
        while start.elapsed() < options.time {
            let calm = Duration::from_secs(3 + random.next() % 12);
            let left = options.time.saturating_sub(start.elapsed());
            machine::wait(calm.min(left), || false);
            if let Some(server) = server.take() {
                server.kill();
            }
            world.ledger.count("killed");
            server = Some(machine.start());
            println!("storm: {:?} {:?}", start.elapsed(), world.ledger.counts());
        }
        drop(over);
    });
    if let Some(server) = server.take() {
        machine.stop(server);
    }
}

/// Ends the storm, also when the test panics.
struct Over<'a>(&'a World);

// === impl Options ===

impl Options {
    fn from_environment() -> Self {
        let said = |name: &str| std::env::var(name).ok();
        let number = |name: &str| said(name).map(|text| text.parse::<u64>().unwrap());
        let time = Duration::from_secs(number("WHARF_STORM_SECONDS").unwrap_or(SECONDS));
        Self {
            registry: match said("WHARF_STORM_SERVER").as_deref() {
                None | Some("wharf") => Registry::Wharf,
                Some("distribution") => Registry::Distribution,
                Some(other) => panic!("WHARF_STORM_SERVER is {other}"),
            },
            collecting: match said("WHARF_STORM_COLLECTING").as_deref() {
                None | Some("always") => Collecting::Always,
                Some("never") => Collecting::Never,
                Some(other) => panic!("WHARF_STORM_COLLECTING is {other}"),
            },
            time,
            seed: number("WHARF_STORM_SEED").unwrap_or_else(fresh_seed),
            json: said("WHARF_STORM_JSON"),
        }
    }
}

/// One that nobody has tried.
fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs() % 1_000_000)
}

// === impl Over ===

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}
