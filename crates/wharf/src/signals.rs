//! SIGTERM and SIGINT: once to finish, twice to end.

use std::convert::Infallible;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use wharf_http::Shutdown;

/// The signals that stop the process.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

// === impl Signals ===

impl Signals {
    /// Takes the signals over from the system's defaults.
    pub(crate) fn new() -> Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
        let interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
        Ok(Self {
            terminate,
            interrupt,
        })
    }

    /// Passes them on, for as long as it is polled.
    pub(crate) async fn stop(mut self, shutdown: Shutdown) -> Infallible {
        self.next().await;
        tracing::info!(
            "stopping: requests that are under way may finish; a second signal ends at once"
        );
        shutdown.drain.cancel();
        self.next().await;
        tracing::warn!("ending at once");
        shutdown.abort.cancel();
        std::future::pending().await
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
