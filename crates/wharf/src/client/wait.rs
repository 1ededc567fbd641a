//! Async work to its end, or to the first signal.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::exit::Interrupted;

/// Waits for work, and gives it up at SIGINT or SIGTERM. What it has done until then stays.
///
/// # Errors
/// Those of the work.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
        tokio::select! {
            done = work => done,
            _ = interrupt.recv() => Err(Interrupted.into()),
            _ = terminate.recv() => Err(Interrupted.into()),
        }
    });
    // What still reads or writes a file is not waited for.
    runtime.shutdown_background();
    done
}
