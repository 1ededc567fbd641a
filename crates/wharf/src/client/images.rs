//! `wharf pull`, `push`, `copy`, `save`, `load` and `inspect`.

mod archives;
mod inspect;
mod names;
mod platforms;
mod tags;
mod transfer;

use std::process::ExitCode;

use anyhow::{Result, bail};
use wharf_image::{Place, PlaceKind};

use self::transfer::Copying;
use super::wait;
use crate::cli::images::{Copy, Images, Pull, Push};
use crate::terminal::warn;

pub(super) fn run(command: &Images) -> Result<ExitCode> {
    match command {
        Images::Pull(command) => pull(command),
        Images::Push(command) => push(command),
        Images::Copy(command) => copy(command),
        Images::Save(command) => archives::save(command),
        Images::Load(command) => archives::load(command),
        Images::Inspect(command) => inspect::run(command),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn pull(command: &Pull) -> Result<()> {
    let Pull {
        image,
        to,
        transfer,
    } = command;
    let PlaceKind::Registry(name) = image.kind() else {
        bail!("{image} is no image of a registry: `wharf copy` takes it from anywhere");
    };
    let to = match to {
        Some(to) => to.clone(),
        None => names::layout_to(name)?,
    };
    let copying = Copying::new(transfer, &[&to])?;
    tell_choice(command.to.is_none(), copying.transfer, image, &to);
    wait(Box::pin(copying.one(image, &to)))
}

fn push(command: &Push) -> Result<()> {
    let Push {
        image,
        from,
        transfer,
    } = command;
    let PlaceKind::Registry(name) = image.kind() else {
        bail!("{image} is no name in a registry: `wharf copy` brings it anywhere");
    };
    let from = match from {
        Some(from) => from.clone(),
        None => names::layout_from(name)?,
    };
    let copying = Copying::new(transfer, &[image])?;
    tell_choice(command.from.is_none(), copying.transfer, &from, image);
    wait(Box::pin(copying.one(&from, image)))
}

fn copy(command: &Copy) -> Result<()> {
    let Copy {
        from,
        to,
        all_tags,
        tags,
        transfer,
    } = command;
    let copying = Copying::new(transfer, &[to])?;
    if !*all_tags && tags.is_empty() {
        return wait(Box::pin(copying.one(from, to)));
    }
    if *all_tags && !tags.is_empty() {
        bail!("--all-tags has all of them: leave it or --tags out");
    }
    let patterns = tags::Patterns::new(tags)?;
    wait(Box::pin(tags::copy(&copying, from, to, &patterns)))
}

/// Says which place was meant by none.
fn tell_choice(
    was_chosen: bool,
    transfer: &crate::cli::images::Transfer,
    from: &Place,
    to: &Place,
) {
    if was_chosen && !transfer.telling.quiet && !transfer.telling.json {
        warn(&format!("from {from} to {to}"));
    }
}
