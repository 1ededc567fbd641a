//! What an operator can choose about manifests.

mod classes;
mod platforms;
mod releases;
mod urls;

use std::sync::Arc;

use wharf_registry::{Options, Registry, Repository};
use wharf_store::MemoryStore;

/// A repository of a new registry with these choices.
fn repository_with(options: Options) -> Repository {
    let store = Arc::new(MemoryStore::default());
    Registry::new(store, options).repository("library/app".parse().unwrap())
}
