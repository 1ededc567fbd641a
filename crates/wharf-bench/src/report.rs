//! What a run gave: the raw data of every round, and how it is shown.

use serde::{Deserialize, Serialize};

use crate::goods::Sizes;
use crate::servers::Server;
use crate::servers::installed::LeftOut;
use crate::workloads::measure::Times;
use crate::workloads::table::Unit;

pub mod machine;
pub mod markdown;
pub mod measurement;
pub mod table;

use machine::Machine;
use measurement::{Measurement, Spread};

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Of this structure.
    pub format: u32,
    /// When it began, RFC 3339.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// The commit of the tree it ran in, with `-dirty` if it was not clean.
    pub commit: String,
    /// Where it ran.
    pub machine: Machine,
    /// How much of everything.
    pub sizes: Sizes,
    /// How long each measurement lasted.
    pub times: Times,
    /// How often the servers took turns.
    pub alternations: usize,
    /// MiB that one core hashes in a second, measured between the workloads.
    pub hash_mib_per_second: Vec<f64>,
    /// Those that took part.
    pub servers: Vec<Server>,
    /// Those that did not.
    pub left_out: Vec<LeftOut>,
    /// In the order in which they ran.
    pub workloads: Vec<Results>,
}

/// A workload on all servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The workload.
    pub name: String,
    /// What it does.
    pub about: String,
    /// Of the measurements' values.
    pub unit: Unit,
    /// Each server that took part.
    pub servers: Vec<Rounds>,
    /// Those that had no part, and why.
    pub left_out: Vec<LeftOut>,
}

/// A workload on one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rounds {
    /// The server.
    pub server: String,
    /// One for each alternation.
    pub rounds: Vec<Measurement>,
    /// Why it has none, or fewer.
    pub failures: Vec<String>,
}

/// The format that this program writes.
pub const FORMAT: u32 = 1;

// === impl Report ===

impl Report {
    /// The workload of that name.
    #[must_use]
    pub fn workload(&self, name: &str) -> Option<&Results> {
        self.workloads.iter().find(|results| results.name == name)
    }

    /// The median rate of the hash.
    #[must_use]
    pub fn hash(&self) -> Option<f64> {
        let rates = self.hash_mib_per_second.iter().copied();
        Spread::of(rates).map(|spread| spread.median)
    }

    /// Whether anything went wrong.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for results in &self.workloads {
            for rounds in &results.servers {
                for failure in &rounds.failures {
                    failures.push(format!("{} on {}: {failure}", results.name, rounds.server));
                }
            }
        }
        failures
    }
}

// === impl Results ===

impl Results {
    /// The rounds of a server, if there are any.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&Rounds> {
        self.servers
            .iter()
            .find(|rounds| rounds.server == name && !rounds.rounds.is_empty())
    }

    /// How the median of one server relates to that of another.
    #[must_use]
    pub fn ratio(&self, server: &str, to: &str) -> Option<f64> {
        let value = |name| self.server(name)?.value().map(|spread| spread.median);
        Some(value(server)? / value(to)?)
    }
}

// === impl Rounds ===

impl Rounds {
    /// Of the values.
    #[must_use]
    pub fn value(&self) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(|round| round.value))
    }

    /// Of anything else, where it is known.
    #[must_use]
    pub fn median(&self, of: impl Fn(&Measurement) -> Option<f64>) -> Option<f64> {
        Spread::of(self.rounds.iter().filter_map(of)).map(|spread| spread.median)
    }

    /// The most memory in any round, in MiB.
    #[must_use]
    pub fn peak_mib(&self) -> Option<f64> {
        let peaks = self
            .rounds
            .iter()
            .map(|round| round.peak_kib as f64 / 1024.0);
        Spread::of(peaks).map(|spread| spread.max)
    }
}
