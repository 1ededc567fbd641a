//! The store that a configuration names, for the server and for commands beside it.

mod base;
mod bucket;
mod cache;
mod edge;
pub(crate) mod middleware;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use wharf_cache::BlobCache;
use wharf_config::options::Durability;
use wharf_config::{Config, Loaded, Remark};
use wharf_http::Metrics;
use wharf_registry::{Companions, Deletion, Descriptors, Forgetting, Options, Registry};
use wharf_store::fs::{RealDisk, Syncing};
use wharf_store::{FileStore, Locate, MemoryStore, Observed, Store};

pub(crate) use self::edge::Edge;

use self::bucket::Described;
use crate::cli::CalledAs;
use crate::config::tell;
use crate::sources::sources;
use crate::terminal::warn;
use crate::{locks, remembered, settings};

/// Where images are kept.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    /// As the configuration names it.
    pub(crate) driver: &'static str,
    /// For people.
    pub(crate) place: String,
    /// Who knows where else clients can have blobs from.
    pub(crate) locator: Option<Arc<dyn Locate>>,
    /// Who remembers layers for several servers, and has to forget what is removed.
    pub(crate) descriptors: Option<Arc<dyn Descriptors>>,
}

/// The configuration that a command is about; `None` when it was refused, and that was told.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn load(file: Option<&Path>, name: CalledAs) -> Result<Option<Loaded>> {
    match wharf_config::load(&sources(file, name)?) {
        Ok(loaded) => Ok(Some(loaded)),
        Err(refused) => {
            tell(&refused);
            Ok(None)
        }
    }
}

/// The store that it names, for a command: a server may be running on it.
///
/// # Errors
/// When nobody else can see what is stored, or it cannot be opened.
pub(crate) fn open(loaded: &Loaded) -> Result<Arc<dyn Store>> {
    let opened = reachable(loaded)?;
    Ok(match opened.descriptors {
        Some(descriptors) => Arc::new(Forgetting::new(opened.store, descriptors)),
        None => opened.store,
    })
}

fn reachable(loaded: &Loaded) -> Result<Opened> {
    let opened = opened(loaded, None)?;
    if opened.driver == MEMORY {
        bail!(
            "images are kept in the memory of the server (storage.inmemory), where no command \
             can reach them"
        );
    }
    Ok(opened)
}

/// Whether the options of the driver and its middleware can be used.
///
/// # Errors
/// The first that cannot.
pub(crate) fn check(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<(), Remark> {
    let is_bucket = bucket(loaded)?.is_some();
    remembered::check(loaded, warnings)?;
    locks::check(loaded, is_bucket, warnings)?;
    warnings.extend(cache::warning(loaded, is_bucket));
    middleware::check(loaded, warnings)
}

/// The bucket that is configured, if it is one.
fn bucket(loaded: &Loaded) -> Result<Option<(&'static str, Described)>, Remark> {
    let storage = &loaded.config.storage;
    let described = |name: &'static str, described: Result<Described, Remark>| {
        described.map(|described| Some((name, described)))
    };
    if let Some(written) = &storage.s3 {
        return described("s3", Described::s3(loaded, "storage.s3", written));
    }
    if let Some(written) = &storage.s3aws {
        return described("s3aws", Described::s3(loaded, "storage.s3aws", written));
    }
    if let Some(written) = &storage.gcs {
        return described("gcs", Described::google(loaded, written));
    }
    if let Some(written) = &storage.azure {
        return described("azure", Described::azure(loaded, written));
    }
    Ok(None)
}

/// The cache of blobs for a store with this driver, where there is to be one. Only for who gives
/// clients bytes: one process can have it at a time.
///
/// # Errors
/// When it cannot be used.
pub(crate) fn cache(
    config: &Config,
    driver: &str,
    metrics: Option<&Metrics>,
) -> Result<Option<BlobCache>> {
    match driver {
        FILES | MEMORY => Ok(None),
        _ => cache::open(config, metrics),
    }
}

/// The store that is configured; its calls are measured where somebody wants to know.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn opened(loaded: &Loaded, metrics: Option<&Metrics>) -> Result<Opened> {
    let config = &loaded.config;
    let descriptors = remembered::descriptors(loaded, metrics).map_err(anyhow::Error::msg)?;
    if let Some((driver, described)) = bucket(loaded).map_err(anyhow::Error::msg)? {
        let locks = locks::locks(loaded, &described.name()).map_err(anyhow::Error::msg)?;
        let (store, place) = described
            .open(locks)
            .with_context(|| format!("storage.{driver} cannot be used"))?;
        let locator = (!config.storage.redirect.disable).then(|| store.locator());
        return Ok(Opened {
            store: observed(store, metrics, driver),
            driver,
            place,
            locator,
            descriptors,
        });
    }
    // The other drivers have been refused with the configuration.
    let Some(filesystem) = &config.storage.filesystem else {
        return Ok(Opened {
            store: observed(MemoryStore::default(), metrics, MEMORY),
            driver: MEMORY,
            place: "memory".to_owned(),
            locator: None,
            descriptors,
        });
    };
    let directory = Path::new(&filesystem.rootdirectory);
    let store = FileStore::syncing(RealDisk, directory, syncing(config))
        .with_context(|| format!("images cannot be kept in {}", directory.display()))?
        .keeping(config.wharfinger.cache.memory / 2);
    let place = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    Ok(Opened {
        store: observed(store, metrics, FILES),
        driver: FILES,
        place: place.display().to_string(),
        locator: None,
        descriptors,
    })
}

fn observed(store: impl Store, metrics: Option<&Metrics>, driver: &str) -> Arc<dyn Store> {
    match metrics {
        Some(metrics) => Arc::new(Observed::new(store, metrics.store(driver))),
        None => Arc::new(store),
    }
}

/// The registry in that store. What clients may delete is no limit for its operator.
///
/// # Errors
/// As [`open`]; when an option cannot be used.
pub(crate) fn registry(loaded: &Loaded) -> Result<Registry> {
    let made = settings::make(loaded).map_err(|error| anyhow!("configuration error: {error}"))?;
    let options = Options {
        deletion: Deletion::Enabled,
        ..made.options
    };
    must_be_there(loaded)?;
    if let Some(filesystem) = &loaded.config.storage.filesystem {
        let directory = Path::new(&filesystem.rootdirectory);
        let images = directory.join("docker");
        let owner = rustix::fs::stat(&images).map(|stat| stat.st_uid).ok();
        if let Some(warning) = foreign(rustix::process::geteuid().as_raw(), owner) {
            warn(&warning);
        }
    }
    let Opened {
        store, descriptors, ..
    } = reachable(loaded)?;
    let around = Companions {
        descriptors,
        ..Companions::default()
    };
    Ok(Registry::with(store, around, options))
}

/// Opening a directory makes it: not for who only reads.
///
/// # Errors
/// When the storage is a directory that is not there.
pub(crate) fn must_be_there(loaded: &Loaded) -> Result<()> {
    if let Some(filesystem) = &loaded.config.storage.filesystem {
        let directory = Path::new(&filesystem.rootdirectory);
        if !directory.is_dir() {
            bail!(
                "{} is no directory: see storage.filesystem.rootdirectory",
                directory.display()
            );
        }
    }
    Ok(())
}

/// What is wrong with this user, who is not the one that the images belong to: what a command
/// makes beside them is closed to the server then.
fn foreign(user: u32, owner: Option<u32>) -> Option<String> {
    let owner = owner.filter(|owner| *owner != user)?;
    Some(format!(
        "warning: the images belong to user {owner}, and this runs as user {user}: the server may \
         not be able to change what is made here below wharfinger/; use `sudo -u '#{owner}' wharf \
         …`, or give it back by `chown -R {owner} ROOTDIRECTORY/wharfinger`"
    ))
}

/// Does the work of a command, and waits for what it has begun on the disk.
///
/// # Errors
/// Those of the work.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

fn syncing(config: &Config) -> Syncing {
    match config.wharfinger.durability {
        Durability::Group => Syncing::Together,
        Durability::Fsync => Syncing::Each,
        Durability::None => {
            tracing::warn!("wharfinger.durability is none: power loss may destroy the storage");
            Syncing::Never
        }
    }
}

const MEMORY: &str = "inmemory";
const FILES: &str = "filesystem";

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn only_another_user_is_warned() {
        assert_eq!(foreign(1000, Some(1000)), None);
        assert_eq!(foreign(0, None), None);
        let warning = foreign(0, Some(1000)).unwrap();
        assert!(warning.contains("sudo -u '#1000'"), "{warning}");
    }
}
