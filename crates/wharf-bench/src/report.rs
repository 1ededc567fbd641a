//! What a run gave: the raw data of every round, and how it is shown.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::goods::Sizes;
use crate::servers::Server;
use crate::servers::installed::LeftOut;
use crate::workloads::measure::Times;
use crate::workloads::table::Unit;

#[cfg(test)]
pub(crate) mod example;
pub mod machine;
pub mod markdown;
pub mod measurement;
pub mod table;
pub mod targets;

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
    /// Reads what [`Report::to_json`] wrote.
    ///
    /// # Errors
    /// When it is something else, or of another format.
    pub fn from_json(text: &str) -> Result<Self> {
        let report: Self = serde_json::from_str(text).context("not a report")?;
        if report.format != FORMAT {
            bail!("a report of format {}, not {FORMAT}", report.format);
        }
        Ok(report)
    }

    /// The raw data.
    ///
    /// # Errors
    /// When a number is none.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The server that is compared with the others: the first.
    #[must_use]
    pub fn wharf(&self) -> &str {
        self.servers
            .first()
            .map_or("wharf", |server| server.name.as_str())
    }

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

    /// What its files are called: `2026-11-21-1200`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let minute = self.started.get(..16).unwrap_or(&self.started);
        minute.replace('T', "-").replace(':', "")
    }

    /// Everything that went wrong.
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

#[cfg(test)]
mod tests {
    use super::example::report;
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let report = report(&[
            ("pull-small", &[("wharf", 0.1), ("nginx", 1e9)]),
            ("start-up", &[("wharf", 0.2)]),
        ]);
        let mut read = Report::from_json(&report.to_json().unwrap()).unwrap();
        assert_eq!(read.servers[0].program, std::path::PathBuf::new());
        read.servers[0].program = report.servers[0].program.clone();
        assert_eq!(read, report);
    }

    #[test]
    fn another_format_is_refused() {
        let mut report = report(&[]);
        report.format += 1;
        assert!(Report::from_json(&report.to_json().unwrap()).is_err());
        assert!(Report::from_json("{}").is_err());
    }

    #[test]
    fn files_are_named_by_the_time() {
        assert_eq!(report(&[]).file_stem(), "2026-01-02-0304");
    }

    #[test]
    fn ratios() {
        let report = report(&[("pull-small", &[("wharf", 30.0), ("v3", 10.0)])]);
        let results = report.workload("pull-small").unwrap();
        assert_eq!(results.ratio("wharf", "v3"), Some(3.0));
        assert_eq!(results.ratio("wharf", "nginx"), None);
    }
}
