//! The configuration that the operator asked for: file, environment, flags.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use wharf_config::{Flag, Loaded, Refused, Sources, load};

use crate::cli::{ConfigFile, Serve, Switch};

/// What this process was started with. `named` is true for Docker's own name, under which
/// there has to be a file.
pub(crate) fn sources(file: &ConfigFile, named_registry: bool) -> Result<Sources> {
    // A variable that is set to nothing names no file.
    let path = file.path.as_deref();
    let path = path.filter(|path| !path.as_os_str().is_empty());
    if path.is_none() && named_registry {
        bail!("configuration path unspecified");
    }
    Ok(Sources {
        file: path.map(read).transpose()?,
        environment: environment(),
        flags: Vec::new(),
    })
}

/// Reads and checks it.
pub(crate) fn loaded(sources: &Sources) -> Result<Loaded, Refused> {
    load(sources)
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

/// Variables that are not Unicode are not ours.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What the flags of `serve` say, as values of options.
pub(crate) fn flags(serve: &Serve) -> Vec<Flag> {
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
    let data = serve.data.as_ref();
    set("--addr", &["http", "addr"], serve.addr.clone());
    set(
        "--data",
        &["storage", "filesystem", "rootdirectory"],
        data.map(|data| data.display().to_string()),
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
    flags
}

fn word<T: ValueEnum + Copy>(value: T) -> Option<String> {
    let word = value.to_possible_value()?;
    Some(word.get_name().to_owned())
}
