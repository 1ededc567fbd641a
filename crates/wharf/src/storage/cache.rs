//! `wharfinger.cache.directory`: blobs of a bucket on a disk of this machine.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use wharf_cache::{BlobCache, CacheObserver, Unobserved};
use wharf_config::{Config, Loaded, Remark};
use wharf_http::Metrics;
use wharf_store::fs::RealDisk;

/// Opens it, if there is to be one. It blocks on the disk.
///
/// # Errors
/// When it cannot be used.
pub(super) fn open(config: &Config, metrics: Option<&Metrics>) -> Result<Option<BlobCache>> {
    let cache = &config.wharfinger.cache;
    let Some(directory) = &cache.directory else {
        return Ok(None);
    };
    let observer: Arc<dyn CacheObserver> = match metrics {
        Some(metrics) => metrics.cache(),
        None => Arc::new(Unobserved),
    };
    let opened = BlobCache::open(RealDisk, Path::new(directory), cache.size, observer);
    opened.map(Some).context(DIRECTORY)
}

/// What its author should know.
pub(super) fn warning(loaded: &Loaded, is_bucket: bool) -> Option<Remark> {
    let config = &loaded.config;
    config.wharfinger.cache.directory.as_ref()?;
    let is_for_an_edge = config.wharfinger.edge.is_some();
    let text = if !is_bucket {
        "changes nothing: only what is in a bucket is kept there"
    } else if !config.storage.redirect.disable && !is_for_an_edge {
        "changes nothing where clients are sent to the bucket: set storage.redirect.disable"
    } else {
        return None;
    };
    Some(loaded.remark(DIRECTORY, text))
}

const DIRECTORY: &str = "wharfinger.cache.directory";
