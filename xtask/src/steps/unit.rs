//! Unit and integration tests: everything that needs nothing but Cargo.

use std::collections::BTreeSet;

use anyhow::Result;

use super::clients;
use crate::command;
use crate::workspace::Workspace;

/// The targets are named, and not the packages: Cargo builds a library once for each set of
/// features, and the packages that it is asked for settle the set.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut cargo = command::cargo(workspace.root(), &["test", "--workspace"]);
    cargo.args(["--lib", "--bins"]);
    for name in integration_tests(workspace) {
        cargo.args(["--test", name]);
    }
    command::run(&mut cargo)?;
    let examples = ["test", "--workspace", "--doc"];
    command::run(&mut command::cargo(workspace.root(), &examples))
}

fn integration_tests(workspace: &Workspace) -> BTreeSet<&str> {
    let packages = workspace.metadata().packages.iter();
    let targets = packages.flat_map(|package| &package.targets);
    let tests = targets.filter(|target| target.is_test());
    let mut names: BTreeSet<&str> = tests.map(|target| target.name.as_str()).collect();
    names.remove(clients::TARGET);
    names
}
