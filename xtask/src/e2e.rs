//! The tests with real clients: install the clients, build the server, run the tests.

use anyhow::Result;

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{image, steps, tools};

pub(crate) fn run(
    workspace: &Workspace,
    filter: Option<&str>,
    summary: &mut Summary,
) -> Result<()> {
    summary.step("tools", || tools::install(workspace))?;
    summary.step("build wharf", || steps::build::run(workspace.root()))?;
    summary.step("image", || image::prepare(workspace))?;
    summary.step("real clients", || steps::clients::run(workspace, filter))?;
    if filter.is_none() {
        summary.step("images in a bucket", || {
            steps::clients::run_in_a_bucket(workspace)
        })?;
    }
    Ok(())
}
