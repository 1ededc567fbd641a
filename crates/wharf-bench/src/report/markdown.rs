//! A report to be read.

use super::table::{number, optional, table};
use super::{Report, Results, Rounds};

/// A table of one workload.
#[must_use]
pub fn workload(results: &Results, wharf: &str) -> String {
    let header = [
        "server",
        &results.unit.to_string(),
        "min – max",
        "p50 µs",
        "p90",
        "p99",
        "max",
        "server CPU",
        "client CPU s",
        "peak MiB",
        &format!("{wharf} ×"),
    ];
    let rows: Vec<Vec<String>> = results
        .servers
        .iter()
        .map(|rounds| row(results, rounds, wharf))
        .collect();
    let mut text = format!("### {}\n{}\n\n", results.name, results.about);
    text += &table(&header, &rows);
    for left_out in &results.left_out {
        text += &format!("\n{} has no part: {}.\n", left_out.name, left_out.reason);
    }
    for rounds in &results.servers {
        for failure in &rounds.failures {
            text += &format!("\n**{} failed**: {failure}\n", rounds.server);
        }
    }
    text
}

fn row(results: &Results, rounds: &Rounds, wharf: &str) -> Vec<String> {
    use crate::workloads::table::Unit;
    let value = rounds.value();
    let micros = |of: fn(&crate::latency::Latency) -> u32| {
        optional(rounds.median(|round| {
            let micros = of(&round.latency);
            (round.latency.max > 0).then(|| f64::from(micros))
        }))
    };
    let cpu = match results.unit {
        Unit::MibPerSecond => rounds
            .median(super::Measurement::cpu_per_gib)
            .map(|cpu| format!("{} s/GiB", number(cpu))),
        Unit::PerSecond => rounds
            .median(super::Measurement::cpu_per_operation)
            .map(|cpu| format!("{} µs", number(cpu))),
        Unit::Seconds | Unit::Mib => rounds
            .median(|round| Some(round.server_cpu_seconds))
            .map(|cpu| format!("{} s", number(cpu))),
    };
    vec![
        rounds.server.clone(),
        optional(value.map(|spread| spread.median)),
        value.map_or_else(String::new, |spread| {
            format!("{} – {}", number(spread.min), number(spread.max))
        }),
        micros(|latency| latency.p50),
        micros(|latency| latency.p90),
        micros(|latency| latency.p99),
        micros(|latency| latency.max),
        cpu.unwrap_or_default(),
        optional(rounds.median(|round| Some(round.client_cpu_seconds))),
        optional(rounds.peak_mib()),
        optional(results.ratio(wharf, &rounds.server)),
    ]
}

/// All of it.
#[must_use]
pub fn report(report: &Report) -> String {
    let wharf = report
        .servers
        .first()
        .map_or("wharf", |server| server.name.as_str());
    report
        .workloads
        .iter()
        .map(|results| workload(results, wharf) + "\n")
        .collect()
}
