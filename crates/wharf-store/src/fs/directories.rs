//! Looking through directories: what is kept of that, who shares it, and how many at once.

use std::ops::Range;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::FileStore;
use super::listings::Listings;
use super::shared::Shared;
use crate::{Listing, Result, StoreError, StorePath};

/// What is known of directories, and who waits for more.
pub(super) struct Directories {
    listings: Arc<Listings>,
    lists: Shared<StorePath, Listing>,
    holdings: Shared<Places, Holding>,
    /// Held by jobs that read a directory: each may take megabytes and a core, for long.
    jobs: Arc<Semaphore>,
}

/// What is looked for below which names of a directory's listing.
#[derive(Clone, Eq, Hash, PartialEq)]
struct Places {
    directory: StorePath,
    places: Range<usize>,
    below: String,
}

/// What was found at the places of this listing.
#[derive(Clone)]
struct Holding {
    listing: Listing,
    found: Arc<[bool]>,
}

// === impl Directories ===

impl Directories {
    /// Keeps listings of up to so many bytes in all.
    pub(super) fn keeping(bytes: u64) -> Self {
        Self {
            listings: Arc::new(Listings::new(bytes)),
            lists: Shared::default(),
            holdings: Shared::default(),
            jobs: Arc::new(Semaphore::new(DIRECTORIES)),
        }
    }

    /// Waits until another directory may be read. Held by the job itself.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.jobs).acquire_owned().await.ok()
    }
}

// === impl FileStore ===

impl FileStore {
    /// As `Store::list`.
    pub(super) async fn list_directory(&self, path: &StorePath) -> Result<Listing> {
        let kept = self.at_once("list", path, |tree, path| {
            tree.kept_listing(path, &self.directories.listings)
        });
        if let Some(listing) = kept {
            return listing;
        }
        let read = async {
            let listings = Arc::clone(&self.directories.listings);
            let permit = self.directories.turn().await;
            self.look("list", path, move |tree, path| {
                let _permit = permit;
                tree.list(path, &listings)
            })
            .await
        };
        self.directories.lists.look(path.clone(), read).await
    }

    /// As `Store::list_below`: one look at each directory that is kept, in one job; none where the
    /// kernel tells of changes.
    pub(super) async fn list_directories(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        let kept = self.at_once("list", directory, |tree, directory| {
            let places = places.clone();
            tree.kept_listings_below(directory, listing, places, &self.directories.listings)
        });
        if let Some(kept) = kept {
            return kept;
        }
        let listings = Arc::clone(&self.directories.listings);
        let permit = self.directories.turn().await;
        let listing = listing.clone();
        self.look("list", directory, move |tree, directory| {
            let _permit = permit;
            tree.list_below(directory, &listing, places, &listings)
        })
        .await
    }

    /// As `Store::holding`.
    pub(super) async fn look_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        if places.len() <= INLINE_LOOKS
            && let Some(holding) = self.at_once("stat", directory, |tree, directory| {
                tree.holding_now(directory, listing, places.clone(), below)
            })
        {
            return holding;
        }
        let key = Places {
            directory: directory.clone(),
            places: places.clone(),
            below: below.to_owned(),
        };
        let look = async {
            let found = self.many_holding(directory, listing, places.clone(), below);
            Ok::<_, StoreError>(Holding {
                found: found.await?.into(),
                listing: listing.clone(),
            })
        };
        let holding = self.directories.holdings.look(key, look).await?;
        if holding.listing.is_same(listing) {
            Ok(holding.found.to_vec())
        } else {
            self.many_holding(directory, listing, places, below).await
        }
    }

    async fn many_holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let (listing, below) = (listing.clone(), below.to_owned());
        let permit = self.directories.turn().await;
        self.look("stat", directory, move |tree, directory| {
            let _permit = permit;
            tree.holding(directory, &listing, places, &below)
        })
        .await
    }
}

/// As many looks as fit into the time that one piece of async work may take.
const INLINE_LOOKS: usize = 256;
/// Directories that are read at a time.
const DIRECTORIES: usize = 4;
