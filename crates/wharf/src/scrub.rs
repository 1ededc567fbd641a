//! `wharf scrub`: what a look through the storage finds, told to whoever asked for it.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use wharf_registry::{
    Finding, ScrubEvents, ScrubMode, ScrubProgress, ScrubStart, Scrubbed, Scrubbing,
};

use crate::cli::{CalledAs, Scrub};
use crate::progress_line::ProgressLine;
use crate::storage;
use crate::terminal::{say, warn};

/// Tells findings as they come: there may be many.
struct Told {
    form: Form,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Json,
}

struct State {
    findings: u64,
    line: ProgressLine,
}

/// Runs it. What keeps it from running is told here: its exit code is not that of findings.
pub(crate) fn run(arguments: &Scrub, name: CalledAs) -> ExitCode {
    match scrub(arguments, name) {
        Ok(Some(scrubbed)) if scrubbed.remaining == 0 => ExitCode::SUCCESS,
        Ok(Some(_)) => ExitCode::from(FINDINGS),
        Ok(None) => ExitCode::from(NOT_RUN),
        Err(error) => {
            warn(&format!("wharf: {error:#}"));
            ExitCode::from(NOT_RUN)
        }
    }
}

fn scrub(arguments: &Scrub, name: CalledAs) -> Result<Option<Scrubbed>> {
    let Some(loaded) = storage::load(arguments.file.path(), name)? else {
        return Ok(None);
    };
    let config = &loaded.config;
    let registry = storage::registry(&loaded)?;
    let scrubbing = Scrubbing {
        mode: if arguments.repair {
            ScrubMode::Repair
        } else {
            ScrubMode::Report
        },
        rate: arguments
            .rate
            .map_or(config.wharfinger.scrub.rate, |rate| rate.0),
        grace: config.wharfinger.collection.grace,
    };
    let told = Told::new(if arguments.json {
        Form::Json
    } else {
        Form::Text
    });
    let scrubbed = storage::wait(async {
        let scrubbed = registry.scrub(&scrubbing, ScrubStart::Anew, &told).await;
        Ok(scrubbed)
    })?;
    told.end(&scrubbed);
    Ok(Some(scrubbed))
}

// === impl Told ===

impl Told {
    fn new(form: Form) -> Self {
        Self {
            form,
            state: Mutex::new(State {
                findings: 0,
                line: ProgressLine::new(NOW_AND_THEN),
            }),
        }
    }

    fn end(&self, scrubbed: &Scrubbed) {
        let mut state = self.lock();
        state.line.clear();
        let Scrubbed {
            blobs,
            bytes,
            repositories,
            links,
            manifests,
            findings,
            remaining,
            duration,
        } = scrubbed;
        match self.form {
            Form::Text => {
                say(&format!(
                    "{blobs} blobs ({}) hashed, {links} links and {manifests} manifests of \
                     {repositories} repositories looked at, in {:.1} s",
                    size(*bytes),
                    duration.as_secs_f64()
                ));
                say(&match (findings, remaining) {
                    (0, _) => "nothing is wrong".to_owned(),
                    (1, 1) => "1 finding remains".to_owned(),
                    (_, 0) => format!("{findings} findings, and nothing remains to be done"),
                    (_, _) => format!("{findings} findings, of which {remaining} remain"),
                });
            }
            Form::Json => {
                if state.findings == 0 {
                    say("{\"findings\": [");
                }
                let summary = json!({
                    "blobs": blobs,
                    "bytes": bytes,
                    "repositories": repositories,
                    "links": links,
                    "manifests": manifests,
                    "findings": findings,
                    "remaining": remaining,
                    "seconds": duration.as_secs_f64(),
                });
                say(&format!("], \"summary\": {summary}}}"));
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ScrubEvents for Told {
    fn found(&self, finding: &Finding) {
        let mut state = self.lock();
        state.line.clear();
        match self.form {
            Form::Text => say(&format!(
                "{}: {}: {}; {}: {}",
                finding.kind.name(),
                finding.path,
                finding.detail,
                finding.outcome.name(),
                finding.advice
            )),
            Form::Json => {
                let before = if state.findings == 0 {
                    "{\"findings\": [\n"
                } else {
                    ","
                };
                say(&format!("{before}{}", json!(finding)));
            }
        }
        state.findings += 1;
    }

    fn progress(&self, progress: &ScrubProgress) {
        let ScrubProgress {
            scrubbed,
            place,
            percent,
        } = progress;
        let line = format!(
            "{percent}% of the blobs: {} blobs, {}, {} links, {} findings; at {place}",
            scrubbed.blobs,
            size(scrubbed.bytes),
            scrubbed.links,
            scrubbed.findings
        );
        self.lock().line.show(&line);
    }
}

/// Three digits, and the unit.
fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut last = "B";
    for unit in units {
        last = unit;
        if value < 1000.0 {
            break;
        }
        if unit != "PB" {
            value /= 1000.0;
        }
    }
    if last == "B" {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {last}")
    }
}

const FINDINGS: u8 = 1;
const NOT_RUN: u8 = 2;
const NOW_AND_THEN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_their_unit() {
        for (bytes, told) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (52_428_800, "52.4 MB"),
            (3_200_000_000_000, "3.2 TB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(size(bytes), told);
        }
    }
}
