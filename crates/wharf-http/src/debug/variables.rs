//! `/debug/vars`: what Go's `expvar` would show, as far as there is the like here.

use serde_json::{Value, json};

use super::DebugPages;
use crate::metrics::ProcessNumbers;

// === impl DebugPages ===

impl DebugPages {
    /// `memstats` has other members than Go's, whose garbage collector we have not.
    pub(super) fn variables(&self, process: &ProcessNumbers) -> Value {
        let health = self.content.health.failures();
        json!({
            "cmdline": self.content.command_line,
            "memstats": {
                "ResidentBytes": process.resident_bytes,
                "VirtualBytes": process.virtual_bytes,
            },
            "process": {
                "cpu_seconds": process.cpu_seconds,
                "open_descriptors": process.open_descriptors,
                "threads": process.threads,
                "uptime_seconds": self.started.elapsed().as_secs(),
            },
            "registry": {
                "version": env!("CARGO_PKG_VERSION"),
                "health": { "failing": health.keys().collect::<Vec<_>>() },
                "uploads": { "in_progress": self.content.registry.uploads_in_progress() },
            },
        })
    }
}
