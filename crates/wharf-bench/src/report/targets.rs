//! What the project wants to reach, and whether a run reached it.

use super::table::{number, table};
use super::{Report, Results};
use crate::report::measurement::Measurement;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    workload: &'static str,
    aim: Aim,
}

#[derive(Clone, Copy, Debug)]
enum Aim {
    /// At least so many times the value of that server.
    Times(&'static str, f64),
    /// At most so many times the CPU for a GiB of that server.
    Cpu(&'static str, f64),
    /// At least so many times what the same server has in that other workload.
    Of(&'static str, f64),
    /// At least so many times the rate of the hash on one core, measured in the same run.
    Hash(f64),
    /// At least this value.
    AtLeast(f64),
    /// At most this value.
    AtMost(f64),
    /// Half of the operations take at most so many milliseconds.
    Milliseconds(f64),
    /// The 99th percentile is at most so many times what the same server has in that other
    /// workload.
    Slowest(&'static str, f64),
    /// At most so many MiB of memory in any round.
    Memory(f64),
}

/// A target and what a run measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Of which workload.
    pub workload: &'static str,
    /// What is wanted.
    pub wanted: String,
    /// What was measured; `None` if it was not.
    pub measured: Option<f64>,
    /// Whether that is enough.
    pub met: bool,
}

const fn target(workload: &'static str, aim: Aim) -> Target {
    Target { workload, aim }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("pull-big-1", Aim::Times("nginx", 0.95)),
    target("pull-big-1", Aim::Times("v3", 2.0)),
    target("pull-big-1", Aim::Cpu("nginx", 1.15)),
    target("pull-big-8", Aim::Times("nginx", 0.95)),
    target("pull-big-8", Aim::Times("v3", 2.0)),
    target("pull-big-8", Aim::Cpu("nginx", 1.15)),
    target("pull-big-tls", Aim::Times("nginx", 0.9)),
    target("pull-small", Aim::Times("nginx", 0.7)),
    target("pull-small", Aim::Times("v3", 20.0)),
    target("manifest-by-tag", Aim::Times("v3", 8.0)),
    target("manifest-by-tag", Aim::AtLeast(35_000.0)),
    target("manifest-basic", Aim::Of("manifest-by-tag", 0.85)),
    target("manifest-token", Aim::Of("manifest-by-tag", 0.85)),
    target("manifest-by-digest", Aim::Times("v3", 8.0)),
    target("manifest-by-digest", Aim::AtLeast(40_000.0)),
    target("blob-head", Aim::Times("v3", 8.0)),
    target("blob-head", Aim::AtLeast(40_000.0)),
    target("push-big", Aim::Hash(0.9)),
    target("push-big", Aim::Times("v3", 1.2)),
    target("push-parallel", Aim::Times("v3", 1.3)),
    target("push-images", Aim::Times("v3", 4.0)),
    target("new-tags", Aim::Times("v3", 4.0)),
    target("tags-page-100k", Aim::Milliseconds(1.0)),
    target("tags-page-100k", Aim::Times("v3", 20.0)),
    target("catalog-page-10k", Aim::Milliseconds(1.0)),
    target("catalog-page-10k", Aim::Times("v3", 20.0)),
    target("start-up", Aim::AtMost(0.2)),
    target("idle-memory", Aim::AtMost(15.0)),
    target("pull-big-1", Aim::Memory(40.0)),
    target("pull-big-8", Aim::Memory(40.0)),
    target("pull-big-tls", Aim::Memory(40.0)),
    target("pull-ranges", Aim::Memory(40.0)),
    target("pull-small", Aim::Memory(40.0)),
    target("push-big", Aim::Memory(64.0)),
    target("push-parallel", Aim::Memory(64.0)),
    target("push-chunked", Aim::Memory(64.0)),
    target("push-images", Aim::Memory(64.0)),
    target("collect", Aim::Memory(200.0)),
    target("bucket-push-images", Aim::Times("v3", 1.5)),
    target("bucket-push-images-3", Aim::Times("v3", 1.5)),
    target("bucket-push-parallel", Aim::Times("v3", 1.5)),
    target("bucket-push-parallel-3", Aim::Times("v3", 1.5)),
    target(
        "pull-under-collection",
        Aim::Slowest("pull-no-collection", 1.3),
    ),
];

/// True where a target compares the one workload with the other.
#[must_use]
pub fn compared_with(workload: &str, other: &str) -> bool {
    TARGETS.iter().any(|target| match target.aim {
        Aim::Of(of, _) | Aim::Slowest(of, _) => target.workload == workload && of == other,
        Aim::Times(..)
        | Aim::Cpu(..)
        | Aim::Hash(_)
        | Aim::AtLeast(_)
        | Aim::AtMost(_)
        | Aim::Milliseconds(_)
        | Aim::Memory(_) => false,
    })
}

// === impl Target ===

impl Target {
    fn outcome(self, report: &Report, wharf: &str) -> Outcome {
        let results = report.workload(self.workload);
        let measured = results.and_then(|results| self.aim.measure(report, results, wharf));
        Outcome {
            workload: self.workload,
            wanted: self.aim.to_string(),
            measured,
            met: measured.is_some_and(|measured| self.aim.is_met(measured)),
        }
    }
}

// === impl Aim ===

impl Aim {
    fn measure(self, report: &Report, results: &Results, wharf: &str) -> Option<f64> {
        let own = results.server(wharf)?;
        let value = own.value().map(|spread| spread.median);
        match self {
            Self::Times(other, _) => results.ratio(wharf, other),
            Self::Cpu(other, _) => {
                let other = results.server(other)?.median(Measurement::cpu_per_gib)?;
                Some(own.median(Measurement::cpu_per_gib)? / other)
            }
            Self::Of(other, _) => {
                let other = report.workload(other)?.server(wharf)?.value()?.median;
                Some(value? / other)
            }
            Self::Hash(_) => Some(value? / report.hash()?),
            Self::AtLeast(_) | Self::AtMost(_) => value,
            Self::Milliseconds(_) => {
                own.median(|round| Some(f64::from(round.latency.p50) / 1000.0))
            }
            Self::Slowest(other, _) => {
                let p99 = |round: &Measurement| Some(f64::from(round.latency.p99));
                let other = report.workload(other)?.server(wharf)?.median(p99)?;
                Some(own.median(p99)? / other)
            }
            Self::Memory(_) => own.peak_mib(),
        }
    }

    fn is_met(self, measured: f64) -> bool {
        match self {
            Self::Times(_, least)
            | Self::Of(_, least)
            | Self::Hash(least)
            | Self::AtLeast(least) => measured >= least,
            Self::Cpu(_, most)
            | Self::AtMost(most)
            | Self::Milliseconds(most)
            | Self::Slowest(_, most)
            | Self::Memory(most) => measured <= most,
        }
    }
}

impl std::fmt::Display for Aim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Times(what, times) | Self::Of(what, times) => write!(f, "≥ {times} × {what}"),
            Self::Cpu(server, times) => write!(f, "CPU per GiB ≤ {times} × {server}"),
            Self::Hash(times) => write!(f, "≥ {times} × the hash on one core"),
            Self::AtLeast(value) => write!(f, "≥ {}", number(*value)),
            Self::AtMost(value) => write!(f, "≤ {value}"),
            Self::Milliseconds(value) => write!(f, "p50 ≤ {value} ms"),
            Self::Slowest(what, times) => write!(f, "p99 ≤ {times} × {what}"),
            Self::Memory(value) => write!(f, "peak ≤ {value} MiB"),
        }
    }
}

/// Every target whose workload ran, `wharf` being the name of the server that has to reach it.
#[must_use]
pub fn outcomes(report: &Report, wharf: &str) -> Vec<Outcome> {
    TARGETS
        .iter()
        .filter(|target| report.workload(target.workload).is_some())
        .map(|target| target.outcome(report, wharf))
        .collect()
}

/// As a table.
#[must_use]
pub fn shown(outcomes: &[Outcome]) -> String {
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|outcome| {
            let met = match (outcome.measured, outcome.met) {
                (None, _) => "not measured",
                (Some(_), true) => "met",
                (Some(_), false) => "**not met**",
            };
            vec![
                outcome.workload.to_owned(),
                outcome.wanted.clone(),
                super::table::optional(outcome.measured),
                met.to_owned(),
            ]
        })
        .collect();
    table(&["workload", "wanted", "measured", ""], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::report;

    fn outcome(report: &Report, workload: &str, wanted: &str) -> Outcome {
        let outcomes = outcomes(report, "wharf");
        let found = outcomes
            .into_iter()
            .find(|outcome| outcome.workload == workload && outcome.wanted == wanted);
        found.unwrap()
    }

    #[test]
    fn a_target_is_met_or_not() {
        let fast = report(&[("pull-small", &[("wharf", 70.0), ("nginx", 100.0)])]);
        let found = outcome(&fast, "pull-small", "≥ 0.7 × nginx");
        assert!(found.met);
        assert_eq!(found.measured, Some(0.7));
        let slow = report(&[("pull-small", &[("wharf", 69.0), ("nginx", 100.0)])]);
        assert!(!outcome(&slow, "pull-small", "≥ 0.7 × nginx").met);
    }

    #[test]
    fn a_workload_is_measured_by_another_of_the_same_run() {
        let run = |rate| {
            report(&[
                ("manifest-by-tag", &[("wharf", 100.0)]),
                ("manifest-token", &[("wharf", rate)]),
            ])
        };
        let wanted = "≥ 0.85 × manifest-by-tag";
        assert!(outcome(&run(85.0), "manifest-token", wanted).met);
        assert!(!outcome(&run(84.0), "manifest-token", wanted).met);
        let alone = report(&[("manifest-token", &[("wharf", 100.0)])]);
        assert_eq!(outcome(&alone, "manifest-token", wanted).measured, None);
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        let report = report(&[("pull-small", &[("wharf", 70.0)])]);
        let found = outcome(&report, "pull-small", "≥ 20 × v3");
        assert_eq!(found.measured, None);
        assert!(!found.met);
        assert!(shown(&[found]).contains("not measured"));
    }

    #[test]
    fn less_is_better_of_some() {
        let report = report(&[("start-up", &[("wharf", 0.3)])]);
        assert!(!outcome(&report, "start-up", "≤ 0.2").met);
    }

    #[test]
    fn percentiles_are_compared_with_another_workload() {
        let mut made = report(&[
            ("pull-no-collection", &[("wharf", 100.0)]),
            ("pull-under-collection", &[("wharf", 50.0)]),
        ]);
        let wanted = "p99 ≤ 1.3 × pull-no-collection";
        let found = |made: &Report| outcome(made, "pull-under-collection", wanted);
        assert!(found(&made).met);
        made.workloads[1].servers[0].rounds[0].latency.p99 = 391;
        assert!(!found(&made).met);
        assert_eq!(found(&made).measured.map(|ratio| ratio > 1.3), Some(true));
    }

    #[test]
    fn targets_name_workloads() {
        for target in TARGETS {
            assert!(crate::workloads::table::find(target.workload).is_some());
        }
    }
}
