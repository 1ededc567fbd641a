//! A report as a picture: one group of bars for each workload, the longest bar being the
//! largest value of its group. Values stand beside the bars, since units differ.

use std::fmt::Write;

use crate::report::table::number;
use crate::report::{Report, Results};
use crate::workloads::table::Unit;

/// The workloads that a picture shows if nobody says which.
pub const SHOWN: &[&str] = &[
    "pull-big-1",
    "pull-big-8",
    "pull-big-tls",
    "pull-small",
    "manifest-by-tag",
    "manifest-by-digest",
    "blob-head",
    "push-big",
    "push-parallel",
    "push-images",
    "new-tags",
    "tags-page-100k",
    "catalog-page-10k",
    "mixed",
    "start-up",
    "idle-memory",
];

const WIDTH: u32 = 860;
const LEFT: u32 = 190;
const BAR: u32 = 13;
const GAP: u32 = 12;
const LONGEST: f64 = 500.0;

/// Colours that can be told apart on white and on black, and by those who see fewer of them.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1f2328}
.name{font-weight:600}.unit,.value{fill:#59636e}.value{font-size:11px}
.s0{fill:#0969da}.s1{fill:#bf8700}.s2{fill:#8b949e}.s3{fill:#1a7f37}.s4{fill:#8250df}.s5{fill:#cf222e}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.unit,.value{fill:#9198a1}
.s0{fill:#4493f8}.s1{fill:#d29922}.s2{fill:#6e7681}.s3{fill:#3fb950}.s4{fill:#a371f7}.s5{fill:#f85149}}";

/// Draws these workloads, those of them that the report has.
#[must_use]
pub fn svg(report: &Report, workloads: &[&str]) -> String {
    let results: Vec<&Results> = workloads
        .iter()
        .filter_map(|name| report.workload(name))
        .collect();
    let servers: Vec<&str> = report
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect();
    let mut body = legend(&servers);
    let mut top = 40;
    for results in results {
        top = group(&mut body, results, &servers, top) + GAP;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{top}\" \
         viewBox=\"0 0 {WIDTH} {top}\" role=\"img\">\n<title>Medians of {} rounds, {}</title>\n\
         <style>{STYLE}</style>\n{body}</svg>\n",
        report.alternations,
        escaped(&report.started),
    )
}

fn legend(servers: &[&str]) -> String {
    let mut text = String::new();
    for (at, server) in servers.iter().enumerate() {
        let x = u64::from(LEFT) + at as u64 * 110;
        _ = writeln!(
            text,
            "<rect class=\"s{at}\" x=\"{x}\" y=\"12\" width=\"12\" height=\"12\" rx=\"2\"/>\
             <text x=\"{}\" y=\"22\">{}</text>",
            x + 18,
            escaped(server)
        );
    }
    text
}

/// Draws one workload from `top`, and returns where it ends.
fn group(body: &mut String, results: &Results, servers: &[&str], top: u32) -> u32 {
    let value = |server: &&str| {
        let rounds = results.server(server)?;
        rounds.value().map(|spread| spread.median)
    };
    let largest = servers.iter().filter_map(value).fold(0.0, f64::max);
    let unit = match results.unit {
        Unit::MibPerSecond => "MiB/s",
        Unit::PerSecond => "per second",
        Unit::Seconds => "s, less is better",
        Unit::Mib => "MiB, less is better",
    };
    let x = LEFT - 10;
    _ = writeln!(
        body,
        "<text class=\"name\" text-anchor=\"end\" x=\"{x}\" y=\"{}\">{}</text>\
         <text class=\"unit\" text-anchor=\"end\" x=\"{x}\" y=\"{}\">{unit}</text>",
        top + 11,
        escaped(&results.name),
        top + 25,
    );
    let mut y = top;
    for (at, server) in servers.iter().enumerate() {
        let Some(value) = value(server) else {
            continue;
        };
        let length = (value / largest * LONGEST).max(1.0);
        _ = writeln!(
            body,
            "<rect class=\"s{at}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" \
             rx=\"2\"/><text class=\"value\" x=\"{:.1}\" y=\"{}\">{}</text>",
            BAR - 2,
            f64::from(LEFT) + length + 6.0,
            y + 10,
            number(value),
        );
        y += BAR;
    }
    // The name has two lines.
    y.max(top + 2 * BAR + 4)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::report;

    #[test]
    fn bars_are_as_long_as_values_are_large() {
        let report = report(&[
            ("pull-small", &[("wharf", 1000.0)]),
            ("idle-memory", &[("wharf", 8.0)]),
        ]);
        let svg = svg(&report, SHOWN);
        assert!(svg.contains("width=\"500.0\""), "{svg}");
        assert!(svg.contains(">1,000<"), "{svg}");
        assert!(svg.contains("less is better"), "{svg}");
        assert_eq!(svg.matches("class=\"name\"").count(), 2);
        let opened = svg.matches("<text").count();
        assert_eq!(opened, svg.matches("</text>").count());
    }

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escaped("<a&\"b>"), "&lt;a&amp;&quot;b>");
    }
}
