//! Whether requests are answered at all.

use std::fmt;
use std::sync::Arc;

/// Asks, before each request, whether the registry is well. If it is not, the answer is
/// 503, whatever was asked (distribution: health/health.go, `Handler`).
#[derive(Clone)]
pub struct HealthGate {
    is_well: Arc<dyn Fn() -> bool + Send + Sync>,
}

// === impl HealthGate ===

impl HealthGate {
    /// A gate that is open while `is_well` says so. It is asked by the workers that serve
    /// requests: it must look up what others found out, and wait for nothing.
    #[must_use]
    pub fn new(is_well: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            is_well: Arc::new(is_well),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        (self.is_well)()
    }
}

/// A gate that is never shut.
impl Default for HealthGate {
    fn default() -> Self {
        Self::new(|| true)
    }
}

impl fmt::Debug for HealthGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthGate").finish_non_exhaustive()
    }
}
