//! Paths that cannot leave the root.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A relative, slash-separated path of plain components: never empty, never absolute,
/// without `.`, `..`, empty components or NUL. It can be joined to any root safely.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StorePath(Arc<str>);

/// The text is not a path inside a store.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not a path inside a store")]
pub struct PathError(String);

impl StorePath {
    /// Checks and takes a path.
    ///
    /// # Errors
    /// When a component is empty, `.`, `..` or holds a NUL.
    pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
        let path = path.into();
        if is_plain(path.as_bytes()) || is_legal(path.as_bytes()) {
            Ok(Self(path.into()))
        } else {
            Err(PathError(path))
        }
    }

    /// The path as text, without a leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path with `below` appended.
    ///
    /// # Errors
    /// As [`StorePath::new`].
    pub fn join(&self, below: &str) -> Result<Self, PathError> {
        Self::new(format!("{}/{below}", self.0))
    }
}

/// For maps that are asked with plain text.
impl Borrow<str> for StorePath {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorePath({:?})", &*self.0)
    }
}

fn is_legal(path: &[u8]) -> bool {
    let mut components = path.split(|byte| *byte == b'/');
    components.all(|component| !matches!(component, b"" | b"." | b"..")) && !path.contains(&0)
}

/// Whether no component begins with a dot, which makes nearly every path legal. Told from each
/// byte and the next, many at once: it is asked for every pull.
fn is_plain(path: &[u8]) -> bool {
    let begins = |byte: u8| !matches!(byte, b'/' | b'.' | 0);
    let pairs = path.iter().zip(path.get(1..).unwrap_or_default());
    path.first().is_some_and(|first| begins(*first))
        && path.last() != Some(&b'/')
        && pairs.fold(true, |plain, (byte, next)| {
            plain & (*next != 0) & ((*byte != b'/') | ((*next != b'/') & (*next != b'.')))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\0b", "\0", "a\0", "a/\0",
            "a/.", "a/..", "./a", "../a", "/.", "a/.b/", "a/.b\0",
        ] {
            assert!(StorePath::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "a/b", "a..b/.c", "...", "a./b", "_uploads/x=1"] {
            assert_eq!(StorePath::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_is_plain_at_a_glance_is_legal() {
        let mut paths = vec![Vec::new()];
        let mut plain = 0;
        for _ in 0..6 {
            let longer = paths
                .iter()
                .flat_map(|path| b"a/.\0".map(|byte| [path.as_slice(), &[byte]].concat()));
            paths = longer.collect();
            for path in &paths {
                assert!(!is_plain(path) || is_legal(path), "{path:?}");
                plain += usize::from(is_plain(path));
            }
        }
        assert!(plain > 100, "{plain}");
    }
}
