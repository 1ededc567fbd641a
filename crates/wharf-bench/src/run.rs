//! A run: every workload on every server, in turns.

mod turns;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use wharf_hash::StreamHasher;
use wharf_spec::Algorithm;

use crate::accounts::Accounts;
use crate::goods::{REPOSITORY, Sizes};
use crate::http::tls::Authority;
use crate::process::raise_file_limit;
use crate::report::machine::{self, Machine};
use crate::report::{FORMAT, Report};
use crate::servers::installed::LeftOut;
use crate::servers::tools::Tools;
use crate::servers::{Kind, Server, Setup, listens};
use crate::stores::collected::Collected;
use crate::stores::filled::Filling;
use crate::stores::tree::Tree;
use crate::stores::{large, removal, website};
use crate::workloads::measure::{Bench, Times};
use crate::workloads::scripts::Material;
use crate::workloads::table::{Store, Workload};

/// What to run.
#[derive(Debug)]
pub struct Plan {
    /// Which workloads, in order.
    pub workloads: Vec<&'static Workload>,
    /// Which servers, the first of which is compared with the others.
    pub servers: Vec<Server>,
    /// Those that are not installed.
    pub left_out: Vec<LeftOut>,
    /// What stands behind servers, and before them.
    pub tools: Tools,
    /// How often the servers take turns.
    pub alternations: usize,
    /// How much of everything.
    pub sizes: Sizes,
    /// How long each measurement lasts.
    pub times: Times,
}

/// Stores that several measurements read.
struct Stores<'a> {
    bench: &'a Bench,
    directory: PathBuf,
    /// How many measurements there were.
    measured: Cell<usize>,
}

/// Runs it, with stores in `scratch`; `tell` is told of what happens, line by line.
///
/// # Errors
/// When nothing can be measured at all. What fails on one server is part of the report.
pub fn run(plan: &Plan, scratch: &Scratch, tell: &mut dyn FnMut(&str)) -> Result<Report> {
    raise_file_limit();
    let begin = Instant::now();
    let started = jiff::Timestamp::now().to_string();
    let directory = &scratch.0;
    let bench = Bench {
        material: Material::new(plan.sizes),
        times: plan.times,
        authority: Authority::new(&directory.join("certificate"))?,
        accounts: Accounts::new(&directory.join("accounts"))?,
        tools: plan.tools.clone(),
    };
    let stores = Stores {
        bench: &bench,
        directory: directory.clone(),
        measured: Cell::new(0),
    };
    let mut report = Report {
        format: FORMAT,
        started,
        seconds: 0.0,
        commit: machine::commit(Path::new(".")),
        machine: Machine::here(directory),
        sizes: plan.sizes,
        times: plan.times,
        alternations: plan.alternations,
        hash_mib_per_second: vec![hash_rate()],
        servers: plan.servers.clone(),
        left_out: plan.left_out.clone(),
        workloads: Vec::new(),
    };
    for group in turns::groups(&plan.workloads) {
        let results = turns::take(plan, &group, &stores, tell);
        report.workloads.extend(results);
        report.hash_mib_per_second.push(hash_rate());
    }
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

// === impl Stores ===

impl Stores<'_> {
    fn measure(
        &self,
        workload: &Workload,
        server: &Server,
    ) -> Result<crate::report::measurement::Measurement> {
        let number = self.measured.replace(self.measured.get() + 1);
        let scratch = self.directory.join(format!("measured-{number}"));
        let store = match workload.store {
            Store::Empty | Store::Bucket(_) => scratch.join("store"),
            Store::FilledBucket(_) => self.filled_bucket(server)?,
            Store::Small => {
                let store = scratch.join("store");
                self.fill_small(server, &store, &scratch)?;
                store
            }
            Store::Pulled => self.pulled(server)?,
            Store::Tags => self.tags(server)?,
            Store::Large => self.large()?,
            Store::Collected => self.collected()?,
            Store::PulledAndCollected => self.pulled_and_collected()?,
        };
        // What the measurement before has written does not burden this one.
        rustix::fs::sync();
        let outcome = self
            .bench
            .measure(workload, server, &store, &scratch.join("server"));
        // The rest goes at the end of the run: a file system that is removing many small files,
        // or has just done so, makes new ones slowly, and the next server would suffer for it.
        removal::remove_files_larger_than(SMALL, &scratch);
        outcome
    }

    fn fill_small(&self, server: &Server, store: &Path, scratch: &Path) -> Result<()> {
        let goods = self.bench.material.goods.without_big();
        if server.kind.has_distributions_layout() {
            Tree::new(store).goods(REPOSITORY, &goods)
        } else {
            let running = server.start(store, &scratch.join("filling"), &Setup::Plain, listens)?;
            Filling::new(running.address(), running.host()).goods(REPOSITORY, &goods)
        }
    }

    fn pulled(&self, server: &Server) -> Result<PathBuf> {
        let goods = &self.bench.material.goods;
        let tree = self.made("pulled", |path| Tree::new(path).goods(REPOSITORY, goods))?;
        match server.kind {
            Kind::Wharf | Kind::Debian | Kind::V3 => Ok(tree),
            Kind::Nginx => self.made("website", |path| {
                website::copy(path, &Tree::new(&tree), goods)
            }),
            Kind::Zot => self.made("zot", |path| {
                let scratch = self.directory.join("filling");
                let running = server.start(path, &scratch, &Setup::Plain, listens)?;
                Filling::new(running.address(), running.host()).goods(REPOSITORY, goods)
            }),
        }
    }

    /// Each server has written its own.
    fn filled_bucket(&self, server: &Server) -> Result<PathBuf> {
        self.made(&format!("bucket-{}", server.name), |path| {
            let scratch = self.directory.join("filling");
            let bucket = self.bench.tools.bucket(path, &scratch)?;
            let running = self.bench.tools.replicas(server, 1, &bucket, &scratch)?;
            let mut filling = Filling::new(running.address(), running.host());
            filling.goods(REPOSITORY, &self.bench.material.goods)
        })
    }

    fn tags(&self, server: &Server) -> Result<PathBuf> {
        if server.kind.has_distributions_layout() {
            return self.made("tags", large::write_some_tags);
        }
        let name = format!("tags-{}", server.kind);
        self.made(&name, |path| {
            let scratch = self.directory.join("filling");
            let running = server.start(path, &scratch, &Setup::Plain, listens)?;
            large::push_some_tags(&mut Filling::new(running.address(), running.host()))
        })
    }

    fn large(&self) -> Result<PathBuf> {
        self.made("large", |path| {
            large::write(path, &self.bench.material.sizes)
        })
    }

    /// Littered anew, since the measurement before has collected it.
    fn collected(&self) -> Result<PathBuf> {
        let images = self.bench.material.sizes.collected;
        let store = self.made("collected", |path| Collected::new(path, images).write())?;
        Collected::new(&store, images).litter()?;
        Ok(store)
    }

    fn pulled_and_collected(&self) -> Result<PathBuf> {
        let images = self.bench.material.sizes.collected_beside_pulls;
        let store = self.made("pulled-and-collected", |path| {
            Tree::new(path).goods(REPOSITORY, &self.bench.material.goods.needed())?;
            Collected::new(path, images).write()
        })?;
        Collected::new(&store, images).litter()?;
        Ok(store)
    }

    fn made(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let path = self.directory.join(name);
        if !path.exists() {
            make(&path).with_context(|| format!("making the store {name:?}"))?;
        }
        Ok(path)
    }
}

/// A directory for stores. Dropping it removes them, which may take minutes: the report should
/// be written by then.
#[derive(Debug)]
pub struct Scratch(PathBuf);

// === impl Scratch ===

impl Scratch {
    /// In this directory, which is made; what killed runs have left there is removed.
    ///
    /// # Errors
    /// Of the file system.
    pub fn new(parent: &Path) -> Result<Self> {
        let parent = std::path::absolute(parent)?;
        remove_abandoned(&parent);
        let path = parent.join(format!("run-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// What runs have left that were killed.
fn remove_abandoned(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("run-"));
        let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else {
            continue;
        };
        if !Path::new("/proc").join(pid.to_string()).exists() {
            removal::remove(&entry.path());
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        removal::remove(&self.0);
    }
}

/// MiB that one core hashes in a second: 64 MiB in pieces of 256 KiB.
#[must_use]
pub fn hash_rate() -> f64 {
    let piece = vec![0x5a; 256 * 1024];
    let mut hasher = StreamHasher::new(Algorithm::Sha256);
    let begin = Instant::now();
    for _ in 0..256 {
        hasher.update(&piece);
    }
    let digest = hasher.finish();
    let seconds = begin.elapsed().as_secs_f64();
    debug_assert!(!digest.bytes().is_empty());
    64.0 / seconds
}

/// Bytes of a file that may stay to the end of the run.
const SMALL: u64 = 1 << 20;
