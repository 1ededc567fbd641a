//! The tests with real clients: install the clients, build the server, run the tests.

use anyhow::Result;

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{image, steps, tools};

/// All of them, or those whose names have this in them.
pub(crate) fn run(
    workspace: &Workspace,
    filter: Option<&str>,
    summary: &mut Summary,
) -> Result<()> {
    summary.step("tools", || tools::install(workspace))?;
    summary.step("build wharf", || steps::build::run(workspace.root()))?;
    clients(workspace, filter, summary)
}

/// All of them, after the tests of the workspace. Those have built the server, with features of
/// its libraries that only tests use: to build it without them takes minutes, which the image
/// takes anyway.
pub(crate) fn run_after_unit_tests(workspace: &Workspace, summary: &mut Summary) -> Result<()> {
    summary.step("tools", || tools::install(workspace))?;
    clients(workspace, None, summary)
}

fn clients(workspace: &Workspace, filter: Option<&str>, summary: &mut Summary) -> Result<()> {
    summary.step("image", || image::prepare(workspace))?;
    summary.step("real clients", || steps::clients::run(workspace, filter))?;
    if filter.is_none() {
        summary.step("images in a bucket", || {
            steps::clients::run_in_a_bucket(workspace)
        })?;
    }
    Ok(())
}
