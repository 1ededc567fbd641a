//! `wharf unpack`: a root filesystem of an image.

mod told;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Error, Result};
use wharf_image::{Image, Source};
use wharf_layers::{Options, Report, Unpacking};

use super::layers::{Layers, with_layers};
use super::shown::Shown;
use super::{advice, is_marked, limits};
use crate::cli::client::Unpack;
use crate::client::output::{Form, Output};
use crate::client::surroundings;
use crate::client::wait;

pub(super) fn run(arguments: &Unpack) -> Result<ExitCode> {
    let directory = &arguments.directory;
    let options = Options {
        limits: limits(arguments.no_limits),
    };
    let done = wait(async {
        let surroundings = surroundings(&arguments.reach, &arguments.place)?;
        let source: Arc<dyn Source> = surroundings.source(&arguments.place).await?;
        let image = Image::open(&source, arguments.which.platform.as_ref()).await?;
        let shown = Shown::new(&image, arguments.quiet || arguments.json);
        let report = unpack(&source, &image, directory, options, shown, ()).await?;
        Ok((image, report))
    });
    let (image, report) = done.map_err(|error| explained(error, directory))?;
    if let Some(file) = &arguments.config {
        let mut output = Output::open(Some(file), Form::Text)?;
        output.write_all(&image.config_bytes)?;
        output.finish()?;
    }
    told::tell(arguments, &image, &report);
    Ok(ExitCode::SUCCESS)
}

/// Unpacks an image to a directory. `busy` is dropped when the directory is left alone, which
/// may be after this was given up.
///
/// # Errors
/// When a layer cannot be had or is not what it should be, or the directory cannot be used.
pub(super) async fn unpack(
    source: &Arc<dyn Source>,
    image: &Image,
    directory: &Path,
    options: Options,
    mut shown: Shown,
    busy: impl Send + 'static,
) -> Result<Report> {
    let directory = directory.to_owned();
    let count = Arc::clone(&shown.count);
    let work = move |mut layers: Layers| {
        let _busy = busy;
        let unpacking = Unpacking::begin(&directory, options)?;
        let done = apply(unpacking, &mut layers, &mut shown);
        shown.clear();
        done
    };
    with_layers(source, image.layers.clone(), count, work).await
}

fn apply(mut unpacking: Unpacking, layers: &mut Layers, shown: &mut Shown) -> Result<Report> {
    while let Some(layer) = layers.next()? {
        unpacking = unpacking.apply(layer, &mut |progress| shown.tell(progress))?;
    }
    Ok(unpacking.finish()?)
}

/// What became of the directory.
fn explained(error: Error, directory: &Path) -> Error {
    if !is_marked(directory) {
        return error;
    }
    let advice = advice(&error);
    error.context(format!(
        "{} does not have the whole image, and is marked so ({advice})",
        directory.display()
    ))
}
