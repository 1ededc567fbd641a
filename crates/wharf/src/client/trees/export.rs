//! `wharf export`: the files of an image as one archive.

use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, Mode};
use uuid::Uuid;
use wharf_image::{Image, Source};
use wharf_layers::Options;

use super::limits;
use super::shown::Shown;
use super::unpack::unpack;
use crate::cli::client::Export;
use crate::client::output::{Form, Output};
use crate::client::surroundings;
use crate::client::wait;
use crate::terminal::warn;

/// How long is waited for a thread that gives up, before what it writes to is removed.
const PATIENCE: Duration = Duration::from_secs(5);
const BUFFER: usize = 256 << 10;

/// A directory of ours that is removed with all that is in it.
struct Temporary {
    path: PathBuf,
    /// Closed when nobody is at work in it any more.
    quiet: mpsc::Receiver<()>,
}

pub(super) fn run(arguments: &Export) -> Result<ExitCode> {
    let output = Output::open(arguments.output.as_deref(), Form::Binary)?;
    let options = Options {
        limits: limits(arguments.no_limits),
    };
    let (busy, temporary) = Temporary::create()?;
    let directory = temporary.path.clone();
    wait(async {
        let surroundings = surroundings(&arguments.reach, &arguments.place)?;
        let source: Arc<dyn Source> = surroundings.source(&arguments.place).await?;
        let image = Image::open(&source, arguments.which.platform.as_ref()).await?;
        let shown = Shown::new(&image, arguments.quiet);
        let guard = busy.clone();
        unpack(&source, &image, &directory, options, shown, guard).await?;
        let written = tokio::task::spawn_blocking(move || {
            let _busy = busy;
            let mut output = BufWriter::with_capacity(BUFFER, output);
            wharf_layers::export(&directory, &mut output).context("the archive was not written")?;
            let output = output.into_inner();
            output
                .map_err(std::io::IntoInnerError::into_error)?
                .finish()
        });
        written.await?
    })?;
    Ok(ExitCode::SUCCESS)
}

// === impl Temporary ===

impl Temporary {
    /// One that is new, and whose name nobody can guess.
    fn create() -> Result<(mpsc::SyncSender<()>, Self)> {
        let (busy, quiet) = mpsc::sync_channel(0);
        let path = std::env::temp_dir().join(format!("wharf-export-{}", Uuid::now_v7()));
        rustix::fs::mkdirat(CWD, &path, Mode::RWXU)
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok((busy, Self { path, quiet }))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = self.quiet.recv_timeout(PATIENCE);
        if let Err(error) = wharf_layers::remove(&self.path) {
            let path = self.path.display();
            warn(&format!("{path} is left over, and can be removed: {error}"));
        }
    }
}
