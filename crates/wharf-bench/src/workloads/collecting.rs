//! Collections: as a command that is measured, and beside a load.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};

use crate::process::Family;
use crate::report::measurement::Measurement;
use crate::servers::{Server, Started, configuration};
use crate::stores::collected::Collected;

/// It did not end in time, and was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TookTooLong(Duration);

/// A load of less may fall into the rest between two collections, which is a second.
pub const BETWEEN: Duration = Duration::from_millis(1_500);
/// How long a collection may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How often the collecting process is looked at: a peak of less may be missed.
const LOOK: Duration = Duration::from_millis(5);
/// By then the first collection of a server has begun: its interval is a second.
const BEGUN: Duration = Duration::from_millis(1_200);
/// How long one beside a load may take after it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the server's `garbage-collect` on a store with garbage, and looks at what is left.
///
/// # Errors
/// When it fails, takes what is needed or leaves what is not; [`TookTooLong`].
pub fn collect(
    server: &Server,
    root: &Path,
    store: &Collected,
    scratch: &Path,
) -> Result<Measurement> {
    std::fs::create_dir_all(scratch)?;
    let log = scratch.join("log");
    let mut command = configuration::collection(server, root, scratch)?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log)?);
    let begin = Instant::now();
    let mut started = Started::of(&mut command)?;
    let family = Family::new(started.id());
    let (mut cpu, mut peak_kib) = (Duration::ZERO, 0);
    let status = loop {
        if let Some(status) = started.ended()? {
            break status;
        }
        // What has just ended has no memory any more.
        cpu = family.cpu().unwrap_or(cpu);
        peak_kib = family.peak_kib().unwrap_or(peak_kib).max(peak_kib);
        if begin.elapsed() > LIMIT {
            return Err(TookTooLong(LIMIT).into());
        }
        std::thread::sleep(LOOK);
    };
    let seconds = begin.elapsed().as_secs_f64();
    if !status.success() {
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        bail!("garbage-collect ended with {status}: {log}");
    }
    store.check()?;
    Ok(Measurement {
        value: seconds,
        operations: store.links(),
        bytes: store.garbage_bytes(),
        seconds,
        server_cpu_seconds: cpu.as_secs_f64(),
        peak_kib,
        ..Measurement::default()
    })
}

/// Waits until a server that collects all the time does so.
pub fn wait_for_first() {
    std::thread::sleep(BEGUN);
}

/// Whether the server of that store collected while it was loaded; waits for the end of it, or of
/// the one after the load.
///
/// # Errors
/// When none ends.
pub fn overlapped(root: &Path, begin: Timestamp, end: Timestamp) -> Result<bool> {
    let status = root.join("wharfinger/state/v1/collection/status");
    let start = Instant::now();
    loop {
        if let Some((first, last)) = ran(&status)?
            && last >= begin
        {
            return Ok(first <= end);
        }
        if start.elapsed() > PATIENCE {
            bail!(
                "no collection ended: there is nothing new in {}",
                status.display()
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// From when to when the last collection ran.
fn ran(status: &Path) -> Result<Option<(Timestamp, Timestamp)>> {
    let Ok(text) = std::fs::read(status) else {
        return Ok(None);
    };
    let status: serde_json::Value = serde_json::from_slice(&text)?;
    let field = |name: &str| status.get(name).with_context(|| format!("no {name:?}"));
    let ended: Timestamp = field("ended")?.as_str().context("no time")?.parse()?;
    let took = field("took_ms")?.as_i64().context("no number")?;
    Ok(Some((ended - SignedDuration::from_millis(took), ended)))
}

// === impl TookTooLong ===

impl std::fmt::Display for TookTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "did not end within {} s", self.0.as_secs())
    }
}

impl std::error::Error for TookTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_collection_at_that_time_counts() {
        let root = std::env::temp_dir().join(format!("wharf-bench-ran-{}", std::process::id()));
        let directory = root.join("wharfinger/state/v1/collection");
        std::fs::create_dir_all(&directory).unwrap();
        let text = r#"{"ended": "2026-01-02T03:04:10Z", "took_ms": 4000}"#;
        std::fs::write(directory.join("status"), text).unwrap();
        let at = |second: u32| -> Timestamp {
            format!("2026-01-02T03:04:{second:02}Z").parse().unwrap()
        };
        for (begin, end, overlaps) in [(1, 7, true), (8, 20, true), (1, 20, true), (1, 5, false)] {
            let found = overlapped(&root, at(begin), at(end)).unwrap();
            assert_eq!(found, overlaps, "{begin} {end}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
