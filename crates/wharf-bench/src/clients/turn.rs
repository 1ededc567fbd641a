//! A command and what it took.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::process::Family;

/// What it took.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Turn {
    /// From its start to its end.
    pub seconds: f64,
    /// User and system time.
    pub cpu_seconds: f64,
    /// The most memory it had at once, as far as it was looked at, every few milliseconds.
    pub peak_kib: u64,
}

// === impl Turn ===

impl Turn {
    /// Runs it to its end. It keeps its temporary files and what it says in `scratch`.
    pub(super) fn of(command: &mut Command, scratch: &Path) -> Result<Self> {
        let log = scratch.join("log");
        let file = std::fs::File::create(&log)?;
        command.env("TMPDIR", scratch).stdin(Stdio::null());
        command.stdout(file.try_clone()?).stderr(file);
        let begin = Instant::now();
        let mut child = command.spawn()?;
        let family = Family::new(child.id());
        let mut peak_kib = 0;
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            bail!("no process has the number {}", child.id());
        };
        // It stays there to be asked for what it used.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(pid), options)?.is_none() {
            peak_kib = family.peak_kib().unwrap_or(peak_kib).max(peak_kib);
            std::thread::sleep(LOOK);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let cpu_seconds = family.cpu()?.as_secs_f64();
        let status = child.wait()?;
        if !status.success() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("{command:?} ended with {status}: {said}");
        }
        Ok(Self {
            seconds,
            cpu_seconds,
            peak_kib,
        })
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.peak_kib / 1024;
        write!(
            f,
            "{:.2} s, {:.2} s of CPU, {mib} MiB",
            self.seconds, self.cpu_seconds
        )
    }
}

const LOOK: Duration = Duration::from_millis(2);
