//! The configuration that the operator asked for: file, environment, flags.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use wharf_config::{Flag, Sources};

use crate::cli::{CalledAs, Serve, Switch};

/// What this process was started with. As Docker's registry it needs a file.
pub(crate) fn sources(file: Option<&Path>, name: CalledAs) -> Result<Sources> {
    let variable = std::env::var_os("REGISTRY_CONFIGURATION_PATH").map(PathBuf::from);
    // A variable that is set to nothing names no file.
    let variable = variable.filter(|path| !path.as_os_str().is_empty());
    let path = file.or(variable.as_deref());
    if path.is_none() && name == CalledAs::Registry {
        bail!("configuration path unspecified");
    }
    Ok(Sources {
        file: path.map(read).transpose()?,
        environment: environment()?,
        flags: Vec::new(),
    })
}

/// What a file says by itself, for a command that needs two of them.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn file_alone(path: &Path) -> Result<Sources> {
    Ok(Sources {
        file: Some(read(path)?),
        environment: Vec::new(),
        flags: Vec::new(),
    })
}

fn read(path: &Path) -> Result<(String, String)> {
    let name = path.display().to_string();
    #[expect(
        clippy::disallowed_methods,
        reason = "the operator's own file, once, before anything is served"
    )]
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("{name} cannot be read"))?;
    Ok((name, text))
}

/// The same, with the file as it is now.
pub(crate) fn read_again(sources: &Sources) -> Result<Sources> {
    let file = sources.file.as_ref();
    Ok(Sources {
        file: file.map(|(name, _)| read(Path::new(name))).transpose()?,
        ..sources.clone()
    })
}

/// The variables that may be ours.
fn environment() -> Result<Vec<(String, String)>> {
    let mut ours = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else {
            continue;
        };
        if name.starts_with("REGISTRY_") {
            let value = value.into_string();
            let value = value.map_err(|_| anyhow!("{name}: the value is not UTF-8"))?;
            ours.push((name, value));
        }
    }
    Ok(ours)
}

/// What the flags of `serve` say, as values of options.
///
/// # Errors
/// When a path is not UTF-8.
pub(crate) fn flags(serve: &Serve) -> Result<Vec<Flag>> {
    let mut flags = Vec::new();
    let mut set = |name, option, value: Option<String>| {
        if let Some(value) = value {
            flags.push(Flag {
                name,
                option,
                value,
            });
        }
    };
    let data = match &serve.data {
        Some(data) => Some(data.to_str().context("--data: the path is not UTF-8")?),
        None => None,
    };
    set("--addr", &["http", "addr"], serve.addr.clone());
    set(
        "--data",
        &["storage", "filesystem", "rootdirectory"],
        data.map(str::to_owned),
    );
    let on = |switch: Switch| (switch == Switch::On).to_string();
    set(
        "--delete",
        &["storage", "delete", "enabled"],
        serve.delete.map(on),
    );
    set(
        "--sparse",
        &["wharfinger", "sparse"],
        serve.sparse.and_then(word),
    );
    set(
        "--relative-urls",
        &["http", "relativeurls"],
        serve.relative_urls.then(|| "true".to_owned()),
    );
    set(
        "--drain-timeout",
        &["http", "draintimeout"],
        serve.drain_timeout.map(|seconds| format!("{seconds}s")),
    );
    set(
        "--log-format",
        &["log", "formatter"],
        serve.log_format.and_then(word),
    );
    set(
        "--log-level",
        &["log", "level"],
        serve.log_level.and_then(word),
    );
    let off = |switch: Switch| (switch == Switch::Off).to_string();
    set(
        "--access-log",
        &["log", "accesslog", "disabled"],
        serve.access_log.map(off),
    );
    Ok(flags)
}

fn word<T: ValueEnum + Copy>(value: T) -> Option<String> {
    let word = value.to_possible_value()?;
    Some(word.get_name().to_owned())
}
