//! `cargo xtask test`: the one test command, in the order in which failures are cheapest.

use anyhow::Result;

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{bench, conformance, e2e, steps, tidy};

/// How much of the tests to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What needs nothing but Cargo.
    Fast,
    Everything,
}

pub(crate) fn run(workspace: &Workspace, scope: Scope, summary: &mut Summary) -> Result<()> {
    let root = workspace.root();
    summary.step("fmt", || steps::fmt::run(root))?;
    summary.step("tidy", || tidy::run(workspace))?;
    summary.step("clippy", || steps::clippy::run(root))?;
    summary.step("unit and integration", || steps::unit::run(workspace))?;
    if scope == Scope::Fast {
        summary.not_run("real clients, bench smoke and OCI conformance", "--fast");
        return Ok(());
    }
    e2e::run_after_unit_tests(workspace, summary)?;
    summary.step("bench smoke", || bench::smoke(workspace))?;
    conformance::run_if_available(workspace, summary)
}
