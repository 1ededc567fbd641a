//! The other end of the API: what speaks to registries, engines, layouts and archives.

mod ask;
mod exit;
mod explain;
mod images;
mod login;
mod logout;
mod output;
mod progress;
mod reach;
mod sent;
mod trees;
mod wait;
mod words;

pub(crate) use self::exit::{code, message};
pub(crate) use self::reach::surroundings;
pub(crate) use self::wait::wait;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Client;
use crate::cli::client::{ConfigOf, TagImage};
use crate::terminal::warn;

/// Runs one of them. What went wrong is told here: these exit codes tell it apart.
pub(crate) fn run(command: &Client) -> ExitCode {
    ended(match command {
        Client::Login(command) => login::run(command),
        Client::Images(command) => images::run(command),
        Client::Words(command) => words::run(command),
        Client::Trees(command) => trees::run(command),
    })
}

/// Gives an image of a registry more tags.
pub(crate) fn tag(arguments: &TagImage) -> ExitCode {
    ended(words::tag(arguments).map(|()| ExitCode::SUCCESS))
}

/// Prints the configuration of an image.
pub(crate) fn config(arguments: &ConfigOf) -> ExitCode {
    ended(words::config(arguments).map(|()| ExitCode::SUCCESS))
}

fn ended(done: Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        warn(&format!("wharf: {}", message(&error)));
        code(&error)
    })
}
