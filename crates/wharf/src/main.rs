//! The process: command line, wiring, signals.

mod accounts;
mod audit;
mod auth;
mod authorization;
mod cli;
mod client;
mod collection;
mod config;
mod edge;
mod garbage_collect;
mod gc;
mod limits;
mod listening;
mod locks;
mod logging;
mod manual;
mod operations;
mod password;
mod progress_line;
mod reload;
mod remembered;
mod repo;
mod scrub;
mod serve;
mod settings;
mod signals;
mod sources;
mod storage;
mod storage_copy;
mod tag;
mod terminal;
mod token;
mod traces;
mod trash;
mod user;

use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::FromArgMatches as _;

use crate::cli::{CalledAs, Cli, Command, Storage};
use crate::terminal::{all_said, warn};

fn main() -> ExitCode {
    let name = called_as();
    let mut command = <Cli>::of_process();
    if name == CalledAs::Registry {
        // Distribution's own shows its help and is content.
        if std::env::args_os().len() < 2 {
            let _ = command.name("registry").print_help();
            return ExitCode::SUCCESS;
        }
        command = command.name("registry").bin_name("registry");
    }
    let done = match read(command) {
        Ok(cli) => run(&cli.command, name),
        Err(error) => error.exit(),
    };
    all_said(done.unwrap_or_else(|error| {
        warn(&format!("wharf: {error:#}"));
        ExitCode::FAILURE
    }))
}

/// What the command line asks for.
fn read(command: clap::Command) -> clap::error::Result<Cli> {
    // The process has the one, and to take apart what describes each command and option would
    // bring in code and touch memory that a server never needs again.
    let mut command = ManuallyDrop::new(command);
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    <Cli>::from_arg_matches_mut(&mut matches)
}

fn run(command: &Command, name: CalledAs) -> Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::serve(arguments, name),
        Command::Edge(arguments) => edge::run(arguments, name),
        Command::Config(command) => match &command.server {
            Some(command) => config::run(command, name),
            None => Ok(client::config(&command.image)),
        },
        Command::User(command) => user::run(command, name),
        Command::Token(command) => token::run(command, name),
        Command::Repo(command) => repo::run(command, name),
        Command::Tag(command) => match &command.stored {
            Some(command) => tag::run(command, name),
            None => Ok(client::tag(&command.image)),
        },
        Command::Trash(command) => trash::run(command, name),
        Command::Auth(command) => auth::run(command, name),
        Command::GarbageCollect(arguments) => garbage_collect::run(arguments, name),
        Command::Gc(command) => gc::run(command, name),
        Command::Scrub(arguments) => Ok(scrub::run(arguments, name)),
        Command::Storage(Storage::Copy(arguments)) => Ok(storage_copy::run(arguments)),
        Command::Client(command) => Ok(client::run(command)),
        Command::Completion(arguments) => Ok(manual::complete(arguments)),
        Command::Manual(arguments) => manual::write(arguments),
    }
}

fn called_as() -> CalledAs {
    let name = std::env::args_os().next();
    match name {
        Some(name) if Path::new(&name).file_name() == Some(OsStr::new("registry")) => {
            CalledAs::Registry
        }
        Some(_) | None => CalledAs::Wharf,
    }
}
