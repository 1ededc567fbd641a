//! The gate against getting slower: ratios to other servers, measured in the same run, against
//! those of an earlier run. Absolute numbers drift from day to day; ratios do less.

use crate::report::Report;
use crate::report::table::{optional, table};

/// One ratio, then and now. More is better.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The workload.
    pub workload: String,
    /// The server that wharf is compared with.
    pub server: String,
    /// The ratio of the earlier run.
    pub before: Option<f64>,
    /// The ratio of this run.
    pub now: Option<f64>,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not slower by more than is allowed.
    Kept,
    /// Slower.
    Lost,
    /// It was measured before and is not now.
    Missing,
    /// It was not measured before.
    New,
}

/// The workloads that the gate watches.
pub const WATCHED: &[&str] = &[
    "pull-big-1",
    "pull-big-8",
    "pull-big-tls",
    "pull-ranges",
    "pull-small",
    "manifest-by-tag",
    "manifest-basic",
    "manifest-token",
    "manifest-by-digest",
    "blob-head",
    "push-big",
    "push-parallel",
    "push-images",
    "new-tags",
    "tags-1k",
    "mixed",
];

/// The servers that wharf is compared with.
pub const MEASURES: &[&str] = &["nginx", "v3"];

/// So much of a ratio may get lost before the gate closes.
pub const ALLOWED_LOSS: f64 = 0.10;

/// Compares every watched ratio that either run has.
#[must_use]
pub fn compare(before: &Report, now: &Report) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for workload in WATCHED {
        for server in MEASURES {
            let comparison = Comparison {
                workload: (*workload).to_owned(),
                server: (*server).to_owned(),
                before: ratio(before, workload, server),
                now: ratio(now, workload, server),
            };
            if comparison.before.is_some() || comparison.now.is_some() {
                comparisons.push(comparison);
            }
        }
    }
    comparisons
}

fn ratio(report: &Report, workload: &str, server: &str) -> Option<f64> {
    let results = report.workload(workload)?;
    let wharf = report.wharf();
    if results.unit.more_is_better() {
        results.ratio(wharf, server)
    } else {
        results.ratio(server, wharf)
    }
}

/// Whether the gate stays open: something was compared, and nothing got lost.
#[must_use]
pub fn is_open(comparisons: &[Comparison]) -> bool {
    let passes = |comparison: &Comparison| match comparison.verdict() {
        Verdict::Kept | Verdict::New => true,
        Verdict::Lost | Verdict::Missing => false,
    };
    !comparisons.is_empty() && comparisons.iter().all(passes)
}

/// As a table.
#[must_use]
pub fn shown(comparisons: &[Comparison]) -> String {
    let rows: Vec<Vec<String>> = comparisons
        .iter()
        .map(|comparison| {
            let change = comparison
                .change()
                .map_or_else(String::new, |change| format!("{:+.1} %", change * 100.0));
            let verdict = match comparison.verdict() {
                Verdict::Kept => "kept",
                Verdict::Lost => "LOST",
                Verdict::Missing => "MISSING",
                Verdict::New => "new",
            };
            vec![
                format!("{} / {}", comparison.workload, comparison.server),
                optional(comparison.before),
                optional(comparison.now),
                change,
                verdict.to_owned(),
            ]
        })
        .collect();
    table(&["ratio of wharf", "before", "now", "change", ""], &rows)
}

// === impl Comparison ===

impl Comparison {
    /// What it says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.before, self.change()) {
            (None, _) => Verdict::New,
            (Some(_), None) => Verdict::Missing,
            (Some(_), Some(change)) if change < -ALLOWED_LOSS => Verdict::Lost,
            (Some(_), Some(_)) => Verdict::Kept,
        }
    }

    fn change(&self) -> Option<f64> {
        Some(self.now? / self.before? - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::report;

    fn run(wharf: f64) -> Report {
        report(&[(
            "pull-small",
            &[("wharf", wharf), ("v3", 10.0), ("nginx", 200.0)],
        )])
    }

    #[test]
    fn a_loss_of_nine_percent_passes_and_one_of_eleven_does_not() {
        let before = run(100.0);
        assert!(is_open(&compare(&before, &before)));
        assert!(is_open(&compare(&before, &run(300.0))));
        assert!(is_open(&compare(&before, &run(91.0))));
        let lost = compare(&before, &run(89.0));
        assert!(!is_open(&lost));
        assert!(shown(&lost).contains("LOST"));
        assert_eq!(lost.len(), 2);
    }

    #[test]
    fn it_is_ratios_that_count() {
        // Everything at half the speed: another machine, or a noisy one.
        let now = report(&[(
            "pull-small",
            &[("wharf", 50.0), ("v3", 5.0), ("nginx", 100.0)],
        )]);
        assert!(is_open(&compare(&run(100.0), &now)));
    }

    #[test]
    fn a_missing_workload_or_server_fails() {
        let nothing = compare(&run(100.0), &report(&[]));
        assert!(!is_open(&nothing));
        assert!(shown(&nothing).contains("MISSING"));
        let without_v3 = report(&[("pull-small", &[("wharf", 100.0), ("nginx", 200.0)])]);
        assert!(!is_open(&compare(&run(100.0), &without_v3)));
    }

    #[test]
    fn nothing_to_compare_with_fails_and_a_new_workload_passes() {
        assert!(!is_open(&compare(&report(&[]), &report(&[]))));
        let more = report(&[
            (
                "pull-small",
                &[("wharf", 100.0), ("v3", 10.0), ("nginx", 200.0)],
            ),
            ("mixed", &[("wharf", 1.0), ("v3", 1.0)]),
        ]);
        assert!(is_open(&compare(&run(100.0), &more)));
    }

    #[test]
    fn watched_workloads_exist() {
        for name in WATCHED {
            assert!(crate::workloads::table::find(name).is_some(), "{name}");
        }
    }
}
