//! `wharf config` for an image: its configuration as it is.

use std::io::{IsTerminal as _, stdout};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use wharf_image::{Image, Source};

use crate::cli::client::ConfigOf;
use crate::client::output::{Form, Output};
use crate::client::surroundings;
use crate::client::wait;
use crate::terminal::say;

/// Prints it, byte for byte.
///
/// # Errors
/// When it cannot be read, or there is none since this is no image.
pub(in crate::client) fn config(arguments: &ConfigOf) -> Result<()> {
    let place = arguments.place.as_ref().context("an image is needed")?;
    wait(async {
        let surroundings = surroundings(&arguments.reach, place)?;
        let source: Arc<dyn Source> = surroundings.source(place).await?;
        let image = Image::open(&source, arguments.which.platform.as_ref()).await?;
        let output = Output::open(None, Form::Text)?;
        output.put(image.config_bytes).await?.finish()
    })?;
    if stdout().is_terminal() {
        say("");
    }
    Ok(())
}
