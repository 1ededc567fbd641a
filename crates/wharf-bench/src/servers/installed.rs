//! Which servers this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{Kind, Server, output};

/// A server that was not found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOut {
    /// Which.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A build of wharf: `PATH`, or `NAME=PATH` to compare several.
///
/// # Errors
/// When there is none at that path.
pub fn wharf(argument: &str) -> Result<Server> {
    let (name, path) = argument.split_once('=').unwrap_or(("wharf", argument));
    let program = std::path::absolute(path)?;
    if !program.is_file() {
        bail!("no wharf at {}", program.display());
    }
    let version = output(Command::new(&program).arg("--version")).unwrap_or_default();
    Ok(Server {
        name: name.to_owned(),
        kind: Kind::Wharf,
        version,
        durability: durability(&program),
        program,
    })
}

/// Another server, in `tools` or on the path.
///
/// # Errors
/// With the reason why it is left out.
pub fn other(kind: Kind, tools: &[PathBuf]) -> Result<Server, LeftOut> {
    let (program, version) = match kind {
        Kind::Wharf => ("wharf", "--version"),
        Kind::Debian => ("docker-registry", "--version"),
        Kind::V3 => ("registry", "--version"),
        Kind::Zot => ("zot", "--version"),
        Kind::Nginx => ("nginx", "-v"),
    };
    let Some(path) = find(program, tools) else {
        return Err(LeftOut {
            name: kind.to_string(),
            reason: format!("{program} is not installed"),
        });
    };
    let text = output(Command::new(&path).arg(version)).unwrap_or_default();
    Ok(Server {
        name: kind.to_string(),
        kind,
        version: match kind {
            Kind::Wharf | Kind::Debian | Kind::Nginx => first_line(&text),
            Kind::V3 | Kind::Zot => module_version(&path).unwrap_or_else(|| first_line(&text)),
        },
        durability: match kind {
            Kind::Wharf | Kind::Debian | Kind::V3 => "fsync",
            Kind::Zot => "as it comes (commit: false)",
            Kind::Nginx => "not written to",
        }
        .to_owned(),
        program: path,
    })
}

/// What a push waits for, as the configuration that wharf completes says it.
fn durability(program: &Path) -> String {
    output(Command::new(program).args(["config", "print"]))
        .and_then(|text| configured_durability(&text))
        .unwrap_or_else(|| "fsync".to_owned())
}

/// The first word of the option's line: a remark where it comes from may follow.
fn configured_durability(printed: &str) -> Option<String> {
    let mut lines = printed.lines().map(str::trim);
    let value = lines.find_map(|line| line.strip_prefix("durability:"))?;
    value.split_whitespace().next().map(str::to_owned)
}

/// What `go install` built it from.
fn module_version(program: &Path) -> Option<String> {
    let text = output(Command::new("go").args(["version", "-m"]).arg(program))?;
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("mod\t"))?;
    let mut words = line.split_whitespace().skip(1);
    Some(format!("{} {}", words.next()?, words.next()?))
}

/// Without the path that Debian's binary begins with.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let words = line.split(' ').filter(|word| !word.starts_with('/'));
    words.collect::<Vec<_>>().join(" ")
}

pub(crate) fn find(program: &str, tools: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    tools
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_as_printed() {
        let printed = "wharfinger:\n  sparse: none # default\n  durability: group # default\n";
        assert_eq!(configured_durability(printed).as_deref(), Some("group"));
        assert_eq!(configured_durability("wharfinger:\n"), None);
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let missing = wharf("/nonexistent/wharf").unwrap_err();
        assert!(missing.to_string().contains("no wharf at"), "{missing}");
    }
}
