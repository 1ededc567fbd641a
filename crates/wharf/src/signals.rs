//! SIGTERM and SIGINT: once to finish, twice to end. SIGHUP: read again.

use std::convert::Infallible;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use wharf_http::Shutdown;

use crate::reload::Reload;

/// The signals that this process heeds.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

// === impl Signals ===

impl Signals {
    /// Takes the signals over from the system's defaults.
    pub(crate) fn new() -> Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
        let interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
        let hang_up = signal(SignalKind::hangup()).context("SIGHUP cannot be handled")?;
        Ok(Self {
            terminate,
            interrupt,
            hang_up,
        })
    }

    /// Does what they ask for, for as long as it is polled.
    pub(crate) async fn heed(mut self, shutdown: Shutdown, reload: Reload) -> Infallible {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => reload.run().await,
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
            }
        }
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
