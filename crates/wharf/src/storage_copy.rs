//! `wharf storage copy`: a pass from one storage to another, told to whoever asked for it.

mod told;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use wharf_config::{Loaded, Sources};
use wharf_registry::{Copied, CopyError, Copying, OnSurplus, Verify};
use wharf_store::Store;

use self::told::Told;
use crate::cli::StorageCopy;
use crate::config::tell;
use crate::sources::file_alone;
use crate::storage;
use crate::terminal::warn;

/// Runs it. What keeps it from running is told here: its exit code is not that of problems.
pub(crate) fn run(arguments: &StorageCopy) -> ExitCode {
    match copy(arguments) {
        Ok(Some(Copied { problems: 0, .. })) => ExitCode::SUCCESS,
        Ok(Some(_)) => ExitCode::from(PROBLEMS),
        Ok(None) => ExitCode::from(NOT_DONE),
        Err(error) => {
            warn(&format!("wharf: {error:#}"));
            ExitCode::from(NOT_DONE)
        }
    }
}

fn copy(arguments: &StorageCopy) -> Result<Option<Copied>> {
    let (Some(from), Some(to)) = (load(&arguments.from)?, load(&arguments.to)?) else {
        return Ok(None);
    };
    let copying = Copying {
        at_once: arguments.at_once,
        rate: arguments.rate.0,
        verify: if arguments.verify {
            Verify::Digest
        } else {
            Verify::Size
        },
        surplus: if arguments.delete {
            OnSurplus::Remove
        } else {
            OnSurplus::Keep
        },
    };
    let told = Told::new(arguments.json);
    let copied = storage::wait(async {
        let (from, to) = (source(&from)?, target(&to)?);
        let copied = Box::pin(wharf_registry::copy(from, to, &copying, &told)).await;
        match copied {
            Err(error @ CopyError::Store(_)) => Err(error).context(
                "the pass did not come to its end; what was copied is whole, and the next one \
                 goes on from there",
            ),
            copied => Ok(copied?),
        }
    });
    match copied {
        Ok(copied) => {
            told.end(&copied);
            Ok(Some(copied))
        }
        Err(error) => {
            told.give_up();
            Err(error)
        }
    }
}

/// What the file says, and nothing else: a variable would be said of both.
fn load(path: &Path) -> Result<Option<Loaded>> {
    let sources: Sources = file_alone(path)?;
    match wharf_config::load(&sources) {
        Ok(loaded) => Ok(Some(loaded)),
        Err(refused) => {
            tell(&refused);
            Ok(None)
        }
    }
}

fn source(loaded: &Loaded) -> Result<Arc<dyn Store>> {
    if let Some(filesystem) = &loaded.config.storage.filesystem {
        let directory = Path::new(&filesystem.rootdirectory);
        // Opening a store makes it.
        if !directory.is_dir() {
            bail!(
                "{} is no directory: see storage.filesystem.rootdirectory in the configuration \
                 to copy from",
                directory.display()
            );
        }
    }
    storage::open(loaded).context("the storage to copy from")
}

fn target(loaded: &Loaded) -> Result<Arc<dyn Store>> {
    storage::open(loaded).context("the storage to copy to")
}

const PROBLEMS: u8 = 1;
const NOT_DONE: u8 = 2;
