//! What takes images apart.

mod diff;
mod export;
mod layers;
mod shown;
mod unpack;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Error, Result};
use wharf_layers::{LayerError, Limits, MARK, Reason};

use crate::cli::client::Trees;

/// Runs one of them.
///
/// # Errors
/// Whatever went wrong: exit codes tell it apart.
pub(super) fn run(command: &Trees) -> Result<ExitCode> {
    match command {
        Trees::Unpack(arguments) => unpack::run(arguments),
        Trees::Export(arguments) => export::run(arguments),
        Trees::Diff(arguments) => Ok(diff::run(arguments)),
    }
}

/// How much an image may be.
fn limits(are_lifted: bool) -> Limits {
    if are_lifted {
        return Limits {
            uncompressed: u64::MAX,
            ratio: u64::MAX,
            entries: u64::MAX,
        };
    }
    Limits::default()
}

/// What to do about an image that is more than that.
fn advice(error: &Error) -> &'static str {
    let layer = error.chain().find_map(reason);
    match layer {
        Some(Reason::Excess(_)) => "it is unpacked whatever its size with --no-limits",
        Some(Reason::Refused(_) | Reason::Damaged(_)) => {
            "the image is at fault, and stays so when it is tried again"
        }
        Some(Reason::Source(_) | Reason::Disk { .. }) | None => "to unpack to it again begins anew",
    }
}

fn reason<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a Reason> {
    if let Some(wharf_layers::UnpackError::Layer(error)) = cause.downcast_ref() {
        return Some(&error.reason);
    }
    let layer = cause.downcast_ref::<LayerError>();
    layer.map(|error| &*error.reason)
}

/// Whether a directory says that it does not have the whole image.
fn is_marked(directory: &Path) -> bool {
    directory.join(MARK).symlink_metadata().is_ok()
}
