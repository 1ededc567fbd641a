//! A report to be read.

use super::measurement::Measurement;
use super::table::{number, optional, table};
use super::{Report, Results, Rounds, targets};
use crate::goods::Sizes;
use crate::latency::Latency;
use crate::workloads::table::Unit;

/// All of it.
#[must_use]
pub fn report(report: &Report) -> String {
    let mut text = format!("# Bench of {}\n\n", report.started);
    text += &circumstances(report);
    text += "\n## Medians\n\n";
    text += &overview(report);
    text += "\n## Targets\n\n";
    text += &targets(report);
    text += "\n## Workloads\nMedians of the rounds; min and max are of the first column. \
        CPU is that of all processes of the server, per GiB moved or per operation. \
        The peak is the highest of all rounds; of nginx, the sum of its processes.\n";
    for results in &report.workloads {
        text += &format!("\n{}", workload(results, report.wharf()));
    }
    text
}

/// One row for each target whose workload ran.
#[must_use]
pub fn targets(report: &Report) -> String {
    targets::shown(&targets::outcomes(report, report.wharf()))
}

fn circumstances(report: &Report) -> String {
    let machine = &report.machine;
    let sha = if machine.sha_instructions {
        "with"
    } else {
        "without"
    };
    let mut text = format!(
        "- Machine: {}, {} cores, {sha} instructions for SHA-256, {} GiB; Linux {}; stores on {}\n",
        machine.cpu, machine.cores, machine.memory_gib, machine.kernel, machine.file_system
    );
    text += "- Client and servers share the machine and talk over loopback; stores are in the \
        page cache; no access log, errors only\n";
    text += &format!(
        "- {} alternations, {} s each after {} s of warming up; the whole run took {:.0} min\n",
        report.alternations,
        report.times.counted,
        report.times.warm_up,
        report.seconds / 60.0
    );
    if report.sizes != Sizes::full() {
        text += "- **Small sizes, not those that the names of the workloads tell**\n";
    }
    text += &format!("- Commit: {}\n", report.commit);
    text += &format!(
        "- One core hashes {} MiB/s (SHA-256, median of {})\n",
        optional(report.hash()),
        report.hash_mib_per_second.len()
    );
    for server in &report.servers {
        text += &format!(
            "- `{}`: {}; durability: {}\n",
            server.name, server.version, server.durability
        );
    }
    for left_out in &report.left_out {
        text += &format!("- **Left out**: {}: {}\n", left_out.name, left_out.reason);
    }
    text
}

/// One row for each workload.
#[must_use]
pub fn overview(report: &Report) -> String {
    let servers: Vec<&str> = report.servers.iter().map(|s| s.name.as_str()).collect();
    let others = servers.get(1..).unwrap_or_default();
    let mut header = vec!["workload".to_owned(), "unit".to_owned()];
    header.extend(servers.iter().map(|server| (*server).to_owned()));
    header.extend(others.iter().map(|other| format!("÷ {other}")));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = report
        .workloads
        .iter()
        .map(|results| {
            let mut row = vec![results.name.clone(), results.unit.to_string()];
            row.extend(servers.iter().map(|server| {
                let value = results.server(server).and_then(Rounds::value);
                optional(value.map(|spread| spread.median))
            }));
            let ratio = |other: &&str| optional(results.ratio(report.wharf(), other));
            row.extend(others.iter().map(ratio));
            row
        })
        .collect();
    table(&header, &rows)
}

fn workload(results: &Results, wharf: &str) -> String {
    let header = [
        "server",
        &results.unit.to_string(),
        "min – max",
        "p50 µs",
        "p90 µs",
        "p99 µs",
        "max µs",
        "server CPU",
        "client CPU s",
        "peak MiB",
        &format!("{wharf} ÷"),
    ];
    let rows: Vec<Vec<String>> = results
        .servers
        .iter()
        .map(|rounds| row(results, rounds, wharf))
        .collect();
    let mut text = format!("### {}\n{}\n\n", results.name, results.about);
    text += &table(&header, &rows);
    if results.unit == Unit::Seconds {
        for rounds in &results.servers {
            if let Some(rate) = rounds.median(Measurement::rate) {
                text += &format!(
                    "\n`{}`: {} links in a second\n",
                    rounds.server,
                    number(rate)
                );
            }
        }
    }
    for left_out in &results.left_out {
        text += &format!("\n`{}` {}.\n", left_out.name, left_out.reason);
    }
    for rounds in &results.servers {
        for failure in &rounds.failures {
            text += &format!("\n**`{}` failed**: {failure}\n", rounds.server);
        }
    }
    text
}

fn row(results: &Results, rounds: &Rounds, wharf: &str) -> Vec<String> {
    let value = rounds.value();
    let micros = |of: fn(&Latency) -> u32| {
        optional(
            rounds.median(|round| (round.latency.max > 0).then(|| f64::from(of(&round.latency)))),
        )
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
        cpu(results.unit, rounds),
        optional(rounds.median(|round| Some(round.client_cpu_seconds))),
        optional(rounds.peak_mib()),
        optional(results.ratio(wharf, &rounds.server)),
    ]
}

fn cpu(unit: Unit, rounds: &Rounds) -> String {
    let (cpu, unit) = match unit {
        Unit::MibPerSecond => (rounds.median(Measurement::cpu_per_gib), "s/GiB"),
        Unit::PerSecond => (rounds.median(Measurement::cpu_per_operation), "µs"),
        Unit::Seconds | Unit::Mib => (rounds.median(|round| Some(round.server_cpu_seconds)), "s"),
    };
    cpu.map_or_else(String::new, |cpu| format!("{} {unit}", number(cpu)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn everything_stands_in_it() {
        let servers: &[(&str, f64)] = &[("wharf", 1000.0), ("v3", 10.0)];
        let mut made = example::report(&[("pull-small", servers)]);
        made.left_out.push(crate::servers::installed::LeftOut {
            name: "zot".to_owned(),
            reason: "zot is not installed".to_owned(),
        });
        let text = report(&made);
        for part in [
            "**Left out**: zot: zot is not installed",
            "| pull-small | per second | 1,000 |",
            "### pull-small",
            "durability: fsync",
            "≥ 20 × v3",
            "100",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
    }
}
