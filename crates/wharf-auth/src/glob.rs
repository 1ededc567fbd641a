//! Patterns of names.

use std::fmt;

/// A pattern: `*` stands for any characters but `/`, `**` for those too, `?` for one, `[ab]`
/// for one of several, `{a,b}` for one of several texts.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Glob(String);

// === impl Glob ===

impl Glob {
    /// A pattern.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether the whole of `name` is like it.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        fast_glob::glob_match(&self.0, name)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
