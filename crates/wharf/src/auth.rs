//! `wharf auth`: who may do what, and keys and refresh tokens of the authorization server.

pub(crate) mod can_i;
mod keys;
mod sessions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use wharf_config::{Loaded, load};

use crate::cli::CalledAs;
use crate::cli::auth::Auth;
use crate::config::tell;
use crate::sources::sources;

/// Runs one of its commands.
pub(crate) fn run(command: &Auth, name: CalledAs) -> Result<ExitCode> {
    match command {
        Auth::CanI(question) => Ok(can_i::run(question, name)),
        Auth::Keys(arguments) => keys::show(arguments, name),
        Auth::Rotate(arguments) => keys::rotate(arguments, name),
        Auth::Sessions(command) => sessions::run(command, name),
    }
}

/// The configuration, and where the server keeps what it has to keep; nothing if that cannot
/// be told, which then has been said.
fn directory(file: Option<&Path>, name: CalledAs) -> Result<Option<(Loaded, PathBuf)>> {
    let loaded = match load(&sources(file, name)?) {
        Ok(loaded) => loaded,
        Err(refused) => {
            tell(&refused);
            return Ok(None);
        }
    };
    let directory = loaded.config.wharfinger.auth.directory.clone();
    let directory = directory.context(
        "there is no authorization server: set wharfinger.auth.directory and \
         wharfinger.auth.server in the configuration",
    )?;
    Ok(Some((loaded, PathBuf::from(directory))))
}
