//! The look at the bench itself: every workload once, small and short. It judges answers and
//! reports, and never speed.

use anyhow::{Context, Result, bail};

use crate::report::{Report, markdown};

/// Whether every workload ran on every server that has a part in it, and the report can be read
/// back.
///
/// # Errors
/// With what failed.
pub fn judge(report: &Report) -> Result<()> {
    let failures = report.failures();
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    for results in &report.workloads {
        for rounds in &results.servers {
            let shown = || format!("{} on {}", results.name, rounds.server);
            if rounds.rounds.len() != report.alternations {
                bail!("{} has {} rounds", shown(), rounds.rounds.len());
            }
            for round in &rounds.rounds {
                if round.operations == 0 && round.bytes == 0 {
                    bail!("{}: nothing was answered", shown());
                }
            }
        }
    }
    let read = Report::from_json(&report.to_json()?).context("reading the report back")?;
    let (was, is) = (markdown::report(report), markdown::report(&read));
    if was != is {
        bail!("the report is another after it was read back");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::report;

    #[test]
    fn failures_and_silence_are_seen() {
        let good = report(&[("pull-small", &[("wharf", 1.0)])]);
        judge(&good).unwrap();

        let mut failed = good.clone();
        let failures = &mut failed.workloads[0].servers[0].failures;
        failures.push("status 500, not 200".to_owned());
        assert!(judge(&failed).is_err());

        let mut silent = good.clone();
        let round = &mut silent.workloads[0].servers[0].rounds[0];
        (round.operations, round.bytes) = (0, 0);
        assert!(judge(&silent).is_err());

        let mut short = good;
        short.workloads[0].servers[0].rounds.clear();
        assert!(judge(&short).is_err());
    }
}
