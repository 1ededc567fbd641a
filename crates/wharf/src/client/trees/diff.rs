//! `wharf diff`: how two images differ.

mod config;
mod described;
mod files;
mod layers;
mod told;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use wharf_image::{Image, Place, Source};

use self::config::Setting;
use self::files::File;
use self::layers::Layer;
use crate::cli::client::Diff;
use crate::client::surroundings;
use crate::client::{code, wait};
use crate::terminal::warn;

/// All that differs, and the layers that do not.
struct Differences {
    before: Image,
    after: Image,
    layers: Vec<Layer>,
    /// `None` if nobody looked.
    files: Option<Vec<File>>,
    settings: Vec<Setting>,
}

/// An image, and where its layers are.
struct Opened {
    source: Arc<dyn Source>,
    image: Image,
}

/// As diff(1) has it.
const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;

/// Tells what differs; what went wrong is told here, since these exit codes are diff's.
pub(super) fn run(arguments: &Diff) -> ExitCode {
    match wait(compare(arguments)) {
        Ok(differences) => {
            told::tell(arguments, &differences);
            if differences.are_none() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(DIFFERENT)
            }
        }
        Err(error) => {
            warn(&format!("wharf: {error:#}"));
            let code = code(&error);
            if code == ExitCode::FAILURE {
                return ExitCode::from(TROUBLE);
            }
            code
        }
    }
}

async fn compare(arguments: &Diff) -> Result<Differences> {
    let (before, after) = tokio::join!(
        open(arguments, &arguments.before),
        open(arguments, &arguments.after)
    );
    let (before, after) = (before?, after?);
    let files = match arguments.no_files {
        true => None,
        false => Some(files::compare(&before, &after, arguments.ignore_times).await?),
    };
    let (before, after) = (before.image, after.image);
    Ok(Differences {
        layers: layers::compare(&before, &after),
        settings: config::compare(&before, &after, arguments.ignore_times)?,
        files,
        before,
        after,
    })
}

async fn open(arguments: &Diff, place: &Place) -> Result<Opened> {
    let failed = || format!("{place} cannot be compared");
    let surroundings = surroundings(&arguments.reach, place)?;
    let source = surroundings.source(place).await.with_context(failed)?;
    let image = Image::open(&source, arguments.which.platform.as_ref()).await;
    let image = image.with_context(failed)?;
    Ok(Opened { source, image })
}

// === impl Differences ===

impl Differences {
    fn are_none(&self) -> bool {
        self.layers.iter().all(Layer::is_same)
            && self.files.iter().all(Vec::is_empty)
            && self.settings.is_empty()
    }
}
