//! The names below a directory, as a listing hands them out.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The names directly below a directory, sorted bytewise, each once. A clone shares them:
/// 100,000 names are one text and a few numbers.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Listing(Arc<Names>);

/// One name in a listing.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Entry<'a> {
    /// The last component of the path.
    pub name: &'a str,
    /// Object or directory.
    pub kind: EntryKind,
}

/// What a listed name stands for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EntryKind {
    /// It can be listed.
    Directory,
    /// It can be read.
    Object,
}

#[derive(Default, Eq, PartialEq)]
struct Names {
    /// All names, one behind the other.
    text: Box<str>,
    /// Where each ends in the text.
    ends: Box<[usize]>,
    /// What each stands for.
    kinds: Box<[EntryKind]>,
}

// === impl Listing ===

impl Listing {
    /// The listing of these names, in whatever order they come. Of a name that comes twice,
    /// one stays.
    #[must_use]
    pub fn new(mut entries: Vec<(impl AsRef<str> + Ord, EntryKind)>) -> Self {
        entries.sort_unstable();
        entries.dedup_by(|(a, _), (b, _)| a == b);
        let length = entries.iter().map(|(name, _)| name.as_ref().len()).sum();
        let mut text = String::with_capacity(length);
        let ends = entries.iter().map(|(name, _)| {
            text.push_str(name.as_ref());
            text.len()
        });
        let ends = ends.collect();
        Self(Arc::new(Names {
            text: text.into_boxed_str(),
            ends,
            kinds: entries.iter().map(|(_, kind)| *kind).collect(),
        }))
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.ends.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at a place, counted from 0.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Entry<'_>> {
        let end = *self.0.ends.get(place)?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.0.ends.get(before)?,
            None => 0,
        };
        Some(Entry {
            name: self.0.text.get(start..end)?,
            kind: *self.0.kinds.get(place)?,
        })
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.range(0..self.len())
    }

    /// The entries at these places, as far as there are such places.
    pub fn range(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        places.filter_map(|place| self.at(place))
    }

    /// The place of the first name that is not before `name`; [`Self::len`] if all are. What
    /// it costs hardly grows with the listing.
    #[must_use]
    pub fn first_from(&self, name: &str) -> usize {
        self.first_where(|other| other >= name)
    }

    /// The place of the first name after `name`, as [`Self::first_from`].
    #[must_use]
    pub fn first_after(&self, name: &str) -> usize {
        self.first_where(|other| other > name)
    }

    /// True when the name is listed.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.at(self.first_from(name))
            .is_some_and(|entry| entry.name == name)
    }

    /// True for clones of each other.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// About how many bytes of memory the clones share.
    #[must_use]
    pub fn weight(&self) -> usize {
        let each = size_of::<usize>() + size_of::<EntryKind>();
        size_of::<Names>() + self.0.text.len() + self.len() * each
    }

    /// By halves; the condition is false, then true.
    fn first_where(&self, condition: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle).is_some_and(|entry| condition(entry.name)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str]) -> Listing {
        let entry = |name: &&str| ((*name).to_owned(), EntryKind::Object);
        Listing::new(names.iter().map(entry).collect())
    }

    #[test]
    fn names_are_found_by_halves() {
        let names = ["a", "a-b", "a0", "b", "é"];
        for length in 0..=names.len() {
            let names = &names[..length];
            let listing = listing(names);
            assert_eq!(listing.len(), length);
            for name in ["", "a", "a-", "a-b", "a1", "b", "c", "é", "ü"] {
                let from = names.iter().filter(|other| **other < name).count();
                let after = names.iter().filter(|other| **other <= name).count();
                assert_eq!(listing.first_from(name), from, "{name} in {names:?}");
                assert_eq!(listing.first_after(name), after, "{name} in {names:?}");
                assert_eq!(listing.contains(name), names.contains(&name));
            }
            let read: Vec<_> = listing.iter().map(|entry| entry.name).collect();
            assert_eq!(read, names);
            assert_eq!(listing.at(length), None);
        }
    }

    #[test]
    fn names_are_sorted_and_stand_once() {
        let sorted = listing(&["b", "", "a", "b", "a/"]);
        let read: Vec<_> = sorted.iter().map(|entry| entry.name).collect();
        assert_eq!(read, ["", "a", "a/", "b"]);
    }
}
