//! A registry that is only read, for as long as its operator wants that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wharf_spec::{Method, Route};

/// Whether the registry is only read (distribution: `storage.maintenance.readonly`). Clones
/// share the switch, which can be thrown while requests are served; those that have begun
/// are finished.
#[derive(Clone, Debug, Default)]
pub struct ReadOnly {
    on: Arc<AtomicBool>,
}

// === impl ReadOnly ===

impl ReadOnly {
    /// A switch that is on, or off.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self {
            on: Arc::new(AtomicBool::new(on)),
        }
    }

    /// Throws the switch, for requests that come from now on.
    pub fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// What may be done at a route that could be written to, if that is less than usual.
    /// distribution: registry/handlers/manifests.go, blob.go, blobupload.go
    pub(crate) fn methods(&self, route: &Route) -> Option<&'static [Method]> {
        match route {
            Route::Manifest { .. }
            | Route::Blob { .. }
            | Route::Uploads { .. }
            | Route::Upload { .. } => self.is_on().then_some(&[Method::Get, Method::Head]),
            Route::Extension(extension) => {
                let reads = extension.methods().contains(&Method::Get);
                let left: &[Method] = if reads { &[Method::Get] } else { &[] };
                self.is_on().then_some(left)
            }
            Route::Root
            | Route::Base
            | Route::Catalog
            | Route::Tags { .. }
            | Route::Referrers { .. } => None,
        }
    }
}
