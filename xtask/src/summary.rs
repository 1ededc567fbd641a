//! What ran, how long it took, and, loudly, what did not run.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The table printed at the end.
#[derive(Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
    not_run: Vec<String>,
}

struct Row {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Summary {
    /// Runs one step and records it. The caller stops at the first error (`?`).
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        println!("==> {name}");
        let start = Instant::now();
        let outcome = run();
        let took = start.elapsed();
        println!("    {name}: {:.1} s", took.as_secs_f64());
        self.rows.push(Row {
            name,
            took,
            passed: outcome.is_ok(),
        });
        outcome.with_context(|| format!("step `{name}`"))
    }

    /// Records what could not run at all: shown apart, never as a pass.
    pub(crate) fn not_run(&mut self, name: &str, reason: &str) {
        let line = format!("NOT RUN: {name} ({reason})");
        println!("==> {line}");
        self.not_run.push(line);
    }

    pub(crate) fn print(&self) {
        if self.rows.is_empty() {
            return;
        }
        println!("\n{:<24} {:>9}  outcome", "step", "seconds");
        for row in &self.rows {
            let outcome = if row.passed { "ok" } else { "FAILED" };
            let seconds = row.took.as_secs_f64();
            println!("{:<24} {seconds:>9.1}  {outcome}", row.name);
        }
        let total: Duration = self.rows.iter().map(|row| row.took).sum();
        println!("{:<24} {:>9.1}", "total", total.as_secs_f64());
        for line in &self.not_run {
            println!("\n!!! {line}");
        }
    }
}
