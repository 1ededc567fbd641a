//! The rules about the shape of the code that no compiler checks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::workspace::Workspace;

mod floors;
mod lengths;
mod names;
mod threats;

/// What one rule has to say about one thing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Error(String),
    Warning(String),
}

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut errors = 0;
    for finding in findings(workspace)? {
        match finding {
            Finding::Error(text) => {
                println!("    error: {text}");
                errors += 1;
            }
            Finding::Warning(text) => println!("    warning: {text}"),
        }
    }
    if errors > 0 {
        bail!("{errors} violations of the rules in ARCHITECTURE.md");
    }
    Ok(())
}

fn findings(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = floors::check(&floors::edges(workspace.metadata()));
    let mut tests = BTreeSet::new();
    for directory in ["crates", "xtask"] {
        for file in rust_files(&workspace.root().join(directory))? {
            let shown = file.strip_prefix(workspace.root()).unwrap_or(&file);
            let source = std::fs::read_to_string(&file)?;
            findings.extend(lengths::check(shown, source.lines().count()));
            findings.extend(names::check(shown));
            tests.extend(threats::tests(&source));
        }
    }
    let page = std::fs::read_to_string(workspace.root().join("docs/security.md"))?;
    findings.extend(threats::check(&page, &tests));
    Ok(findings)
}

fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                files.extend(rust_files(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let workspace = Workspace::locate().unwrap();
        let errors: Vec<Finding> = findings(&workspace)
            .unwrap()
            .into_iter()
            .filter(|finding| matches!(finding, Finding::Error(_)))
            .collect();
        assert_eq!(errors, []);
    }
}
