//! One measurement: a server is started on its store, looked at, loaded, and stopped.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::scripts::{self, Material, Numbers};
use super::table::{Store, Task, Unit, Workload};
use super::{check, collecting};
use crate::accounts::Accounts;
use crate::http::client::{Client, exchange};
use crate::http::load::{self, Counted, Ending, Span};
use crate::http::request::{Host, Request};
use crate::http::tls::{self, Authority};
use crate::process::{Family, own_cpu};
use crate::report::measurement::Measurement;
use crate::servers::tools::Tools;
use crate::servers::{Haste, Running, Server, Setup, listens};
use crate::stores::collected::Collected;

/// How long one measurement lasts.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Times {
    /// Seconds before anything is counted.
    pub warm_up: f64,
    /// Seconds while it is counted.
    pub counted: f64,
}

/// What every measurement needs.
#[derive(Debug)]
pub struct Bench {
    /// What is pushed and pulled.
    pub material: Material,
    /// How long.
    pub times: Times,
    /// For TLS.
    pub authority: Authority,
    /// For servers that ask who somebody is.
    pub accounts: Accounts,
    /// What stands behind servers, and before them.
    pub tools: Tools,
}

struct Sample {
    server: Duration,
    client: Duration,
}

/// How long an idle server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(1);
/// How often a load is tried beside a collection. Where the disk is slow to take what the one
/// before came to, the next one comes too late.
const ATTEMPTS: usize = 3;

// === impl Bench ===

impl Bench {
    /// Starts the server on this store and measures.
    ///
    /// # Errors
    /// When it does not start, or answers wrongly.
    pub fn measure(
        &self,
        workload: &Workload,
        server: &Server,
        store: &Path,
        scratch: &Path,
    ) -> Result<Measurement> {
        if workload.task == Task::Collect {
            let collected = Collected::new(store, self.material.sizes.collected);
            return collecting::collect(server, store, &collected, scratch);
        }
        let setup = self.setup(workload.task);
        if let Store::Bucket(replicas) | Store::FilledBucket(replicas) = workload.store {
            let bucket = self.tools.bucket(store, scratch)?;
            let running = self.tools.replicas(server, replicas, &bucket, scratch)?;
            let (family, host) = (running.family(), running.host());
            return self.load(workload, running.address(), &host, Some(&family));
        }
        if workload.task == Task::StartUp {
            let ready = |address| self.is_ready(workload.task, address);
            let running = server.start(store, scratch, &setup, ready)?;
            return resting(running.started_in.as_secs_f64(), &running);
        }
        if workload.task == Task::IdleMemory {
            server.forget_executable()?;
        }
        let running = server.start(store, scratch, &setup, listens)?;
        if workload.task == Task::IdleMemory {
            self.looked_at(workload.task, running.address())?;
            std::thread::sleep(REST);
            let resident = running.family().resident_kib()?;
            return resting(resident as f64 / 1024.0, &running);
        }
        let family = running.family();
        let host = self.introduced(workload.task, running.host());
        if !matches!(
            workload.task,
            Task::PullUnderCollection | Task::PullUnderHaste
        ) {
            return self.load(workload, running.address(), &host, Some(&family));
        }
        collecting::wait_for_first();
        for _ in 0..ATTEMPTS {
            let begin = Timestamp::now();
            let measurement = self.load(workload, running.address(), &host, Some(&family))?;
            if collecting::overlapped(store, begin, Timestamp::now())? {
                return Ok(measurement);
            }
        }
        bail!("no collection ran beside the load, {ATTEMPTS} times")
    }

    /// Measures a server that runs already; what its process used, if that is known.
    ///
    /// # Errors
    /// When it answers wrongly.
    pub fn load(
        &self,
        workload: &Workload,
        address: SocketAddr,
        host: &Host,
        family: Option<&Family>,
    ) -> Result<Measurement> {
        let mut requests = scripts::requests(workload.task, host, &self.material);
        if let Some(first) = requests.first() {
            let answer = self.ask(workload.task, address, first)?;
            check::check(workload.task, &self.material, &answer)?;
            check::learn_length(&mut requests, &answer);
        }
        let _idle = self.idle(workload.task, address, host)?;
        if let Some(family) = family {
            family.forget_peak();
        }
        let span = self.span(workload);
        let sample = || {
            Ok(Sample {
                server: family.map_or(Ok(Duration::ZERO), Family::cpu)?,
                client: own_cpu()?,
            })
        };
        let (counted, [before, after]) = match requests.first() {
            Some(request) if workload.task == Task::PullBigTls => {
                tls::run(self.authority.connect(address)?, request, span, sample)?
            }
            Some(_) | None => {
                let numbers = Numbers::new();
                let material = &self.material;
                let scripts = scripts::scripts(workload, host, material, &numbers, requests);
                load::run(address, scripts, span, sample)?
            }
        };
        let peak = family.map_or(Ok(0), Family::peak_kib)?;
        Ok(self.measurement(workload, counted, &before, &after, peak))
    }

    fn measurement(
        &self,
        workload: &Workload,
        mut counted: Counted,
        before: &Sample,
        after: &Sample,
        peak_kib: u64,
    ) -> Measurement {
        let pushed = scripts::pushed_bytes(workload.task, &self.material.sizes);
        let bytes = match pushed {
            0 => counted.received,
            pushed => counted.operations * pushed,
        };
        let seconds = counted.elapsed.as_secs_f64();
        let value = match workload.unit {
            Unit::MibPerSecond => bytes as f64 / f64::from(1 << 20) / seconds,
            Unit::PerSecond | Unit::Seconds | Unit::Mib => counted.operations as f64 / seconds,
        };
        Measurement {
            value,
            operations: counted.operations,
            bytes,
            seconds,
            latency: crate::latency::Latency::of(&mut counted.latencies),
            server_cpu_seconds: after.server.saturating_sub(before.server).as_secs_f64(),
            client_cpu_seconds: after.client.saturating_sub(before.client).as_secs_f64(),
            peak_kib,
        }
    }

    fn span(&self, workload: &Workload) -> Span {
        let seconds = Duration::from_secs_f64;
        let whole = match workload.task {
            // Cut off, they would count for nothing: what was begun goes on to its end.
            Task::PushBig | Task::PushParallel | Task::PushChunked => Duration::ZERO,
            _ => seconds(self.times.warm_up),
        };
        let counted = match workload.task {
            // As long as a collection takes.
            Task::PullWithoutCollection | Task::PullUnderCollection | Task::PullUnderHaste => {
                seconds(self.times.counted * 3.0).max(collecting::BETWEEN)
            }
            _ => seconds(self.times.counted),
        };
        Span {
            warm_up: whole,
            counted,
            ending: match workload.task {
                Task::PullBig | Task::PullBigTls | Task::PullRanges => Ending::CutOff,
                _ => Ending::Complete,
            },
        }
    }

    fn setup(&self, task: Task) -> Setup {
        match task {
            Task::PullBigTls => Setup::Tls {
                certificate: self.authority.certificate.clone(),
                key: self.authority.key.clone(),
            },
            Task::ManifestByPassword => Setup::Htpasswd(self.accounts.htpasswd.clone()),
            Task::ManifestByToken => Setup::Token(self.accounts.jwks.clone()),
            Task::PullUnderCollection => Setup::Collecting(Haste::No),
            Task::PullUnderHaste => Setup::Collecting(Haste::Yes),
            _ => Setup::Plain,
        }
    }

    /// With credentials, where the server wants some.
    fn introduced(&self, task: Task, host: Host) -> Host {
        match task {
            Task::ManifestByPassword => host.with(&self.accounts.basic),
            Task::ManifestByToken => host.with(&self.accounts.bearer),
            _ => host,
        }
    }

    fn is_ready(&self, task: Task, address: SocketAddr) -> bool {
        self.looked_at(task, address).is_ok()
    }

    fn looked_at(&self, task: Task, address: SocketAddr) -> Result<()> {
        let host = Host::new(&address.to_string());
        let requests = scripts::requests(task, &host, &self.material);
        let first = requests.first().context("nothing to ask")?;
        let answer = self.ask(task, address, first)?;
        check::check(task, &self.material, &answer)
    }

    fn ask(
        &self,
        task: Task,
        address: SocketAddr,
        request: &Request,
    ) -> Result<crate::http::client::Answer> {
        match task {
            Task::PullBigTls => exchange(self.authority.connect(address)?, request),
            _ => Client::new(address).ask(request),
        }
    }

    /// Connections that have been used once and then do nothing.
    fn idle(&self, task: Task, address: SocketAddr, host: &Host) -> Result<Vec<TcpStream>> {
        let count = match task {
            Task::IdleConnections => self.material.sizes.idle,
            _ => 0,
        };
        let request = host.get("/v2/", "", None);
        (0..count)
            .map(|_| {
                let stream = TcpStream::connect(address)?;
                exchange(&stream, &request)?;
                Ok(stream)
            })
            .collect()
    }
}

/// Of a server that was not loaded.
fn resting(value: f64, running: &Running) -> Result<Measurement> {
    let family = running.family();
    Ok(Measurement {
        value,
        operations: 1,
        seconds: running.started_in.as_secs_f64(),
        server_cpu_seconds: family.cpu()?.as_secs_f64(),
        peak_kib: family.peak_kib()?,
        ..Measurement::default()
    })
}
