//! What asks a registry for one thing, or changes one thing there.

mod blob;
mod config;
mod digest;
mod list;
mod manifest;
mod referrers;
mod releases;
mod remove;
mod tag;

use std::process::ExitCode;

use anyhow::Result;
use wharf_client::{ImageName, RegistryClient};
use wharf_image::Place;

use super::surroundings;
use crate::cli::Reach;
use crate::cli::client::Words;

pub(super) use self::config::config;
pub(super) use self::list::platform;
pub(super) use self::tag::tag;

/// Runs one of them.
///
/// # Errors
/// Whatever went wrong: exit codes tell it apart.
pub(super) fn run(command: &Words) -> Result<ExitCode> {
    match command {
        Words::Ls(arguments) => list::run(arguments),
        Words::Digest(arguments) => digest::run(arguments),
        Words::Manifest(command) => manifest::run(command),
        Words::Blob(command) => blob::run(command),
        Words::Rm(arguments) => remove::run(arguments),
        Words::Referrers(arguments) => referrers::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// A client of an image's registry.
async fn registry(reach: &Reach, name: &ImageName) -> Result<RegistryClient> {
    let place: Place = format!("docker://{name}").parse()?;
    Ok(surroundings(reach, &place)?.client(name).await?)
}

/// The same for what changes something: what a mirror has need not be there.
async fn registry_itself(reach: &Reach, name: &ImageName) -> Result<RegistryClient> {
    let place: Place = format!("docker://{name}").parse()?;
    let mut surroundings = surroundings(reach, &place)?;
    surroundings.settings.mirrors.clear();
    Ok(surroundings.client(name).await?)
}

/// What stands before the tag or the digest of a name.
fn repository_of(name: &ImageName) -> String {
    let bare = ImageName {
        tag: None,
        digest: None,
        ..name.clone()
    };
    bare.to_string()
}
