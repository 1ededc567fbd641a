//! A list of tags that shares the names of the directory that it was made of.

use std::fmt;

use serde::{Serialize, Serializer};
use wharf_spec::Tag;
use wharf_store::Listing;

/// Tags of a repository, sorted bytewise. As JSON, it is an array of strings.
#[derive(Clone, Default)]
pub struct TagList {
    listing: Listing,
    /// Those names of the listing that are tags.
    places: Vec<usize>,
}

// === impl TagList ===

impl TagList {
    pub(super) fn new(listing: Listing) -> Self {
        Self {
            listing,
            places: Vec::new(),
        }
    }

    /// All names that can be tags.
    pub(super) fn of(listing: Listing) -> Self {
        let places = (0..listing.len()).filter(|place| is_tag(&listing, *place));
        Self {
            places: places.collect(),
            listing,
        }
    }

    /// Adds the name at this place of the listing.
    pub(super) fn push(&mut self, place: usize) {
        self.places.push(place);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The tags, each of which follows the grammar of a [`Tag`].
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().filter_map(|place| self.name(*place))
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.places.last().and_then(|place| self.name(*place))
    }

    fn name(&self, place: usize) -> Option<&str> {
        self.listing.at(place).map(|entry| entry.name)
    }
}

impl Serialize for TagList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl fmt::Debug for TagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// True for what has the form of a tag.
pub(super) fn is_tag(listing: &Listing, place: usize) -> bool {
    listing
        .at(place)
        .is_some_and(|entry| Tag::check(entry.name).is_ok())
}
