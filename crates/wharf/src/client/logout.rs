//! `wharf logout`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::login::shown;
use super::reach::credentials;
use super::wait;
use crate::cli::LogOut;
use crate::terminal::{say, warn};

pub(super) fn run(command: &LogOut) -> Result<ExitCode> {
    let credentials = credentials(command.authfile.as_deref());
    let scope = &command.registry.0;
    let erased = wait(async {
        if command.all {
            return Ok(credentials.erase_all().await?);
        }
        let erased = credentials.erase(scope).await?;
        Ok(erased.then(|| shown(scope)).into_iter().collect())
    })?;
    if command.json {
        say(&json!({ "loggedOut": erased }).to_string());
    } else {
        for registry in &erased {
            say(&format!("logged out of {registry}"));
        }
        if erased.is_empty() {
            let of = if command.all {
                "any registry".to_owned()
            } else {
                shown(scope)
            };
            say(&format!("was not logged in to {of}"));
        }
    }
    if !command.all && credentials.given(scope)?.is_some() {
        warn("DOCKER_AUTH_CONFIG has a login for it, which counts as long as it is set");
    }
    Ok(ExitCode::SUCCESS)
}
