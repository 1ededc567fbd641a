//! How much of a listing one answer may hold.

use std::num::NonZeroUsize;

use serde_json::json;
use wharf_spec::{ErrorCode, Page};

use crate::error::Failure;

/// The largest pages that a client may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageLimits {
    /// Names in a page of the catalog; to ask for more is refused (distribution:
    /// `catalog.maxentries`, which is this number too where it is zero or less).
    pub catalog: NonZeroUsize,
    /// Tags in a page; who asks for more gets these and a way to the next page. Who asks for
    /// no number gets all (distribution: `tags.maxtags`; OCI distribution-spec, "Listing
    /// Tags").
    pub tags: NonZeroUsize,
}

// === impl PageLimits ===

impl PageLimits {
    /// How many names a page of the catalog has.
    pub(crate) fn of_catalog(self, page: &Page) -> Result<usize, Failure> {
        let most = self.catalog.get();
        match page.n {
            None => Ok(DEFAULT.min(most)),
            Some(n) if n > most => Err(Failure::new(
                ErrorCode::PaginationNumberInvalid,
                format!("a page of the catalog has {most} names at most"),
                json!({ "n": n }),
            )),
            Some(n) => Ok(n),
        }
    }

    /// How many tags a page has; `None` when it has all of them.
    pub(crate) fn of_tags(self, page: &Page) -> Option<usize> {
        page.n.map(|n| n.min(self.tags.get()))
    }
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            catalog: MOST,
            tags: MOST,
        }
    }
}

/// distribution: registry/handlers/catalog.go, `defaultReturnedEntries`
const DEFAULT: usize = 100;
/// distribution: configuration/configuration.go
const MOST: NonZeroUsize = NonZeroUsize::new(1000).unwrap();
