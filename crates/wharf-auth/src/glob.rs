//! Patterns of names.

use std::fmt;

/// A pattern: `*` stands for any characters but `/`, `**` for those too, `?` for one, `[ab]`
/// for one of several, `{a,b}` for one of several texts; `\` before one of these means itself.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Glob {
    pattern: String,
    /// Whether every character in it means itself, which is told faster.
    is_literal: bool,
}

/// A text that is no pattern, or one that would not do what its author thinks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GlobError {
    /// It would fit nothing, or everything.
    #[error("a pattern cannot be empty")]
    Empty,
    /// Longer than anybody needs.
    #[error("a pattern has at most {} bytes", Glob::MAX_LEN)]
    TooLong,
    /// Whoever forgets what it means would open everything else.
    #[error("a pattern cannot begin with `!`: use a rule with the other effect")]
    Negated,
    /// Elsewhere `**` is read as `*`, and a rule would fit less than its author thinks.
    #[error("`**` has to be all there is between two slashes: `team/**`, `**/base`")]
    Globstar,
    /// A brace or a bracket that is not closed, a `\` at the end, too many braces.
    #[error("{0}")]
    Malformed(String),
}

// === impl Glob ===

impl Glob {
    /// The longest pattern that is parsed, in bytes: twice the longest name of a repository.
    pub const MAX_LEN: usize = 512;

    /// A pattern that somebody wrote.
    ///
    /// # Errors
    /// When it is none, or would not do what it seems to.
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        if pattern.is_empty() {
            return Err(GlobError::Empty);
        }
        if pattern.len() > Self::MAX_LEN {
            return Err(GlobError::TooLong);
        }
        if pattern.starts_with('!') {
            return Err(GlobError::Negated);
        }
        fast_glob::validate(pattern).map_err(|error| GlobError::Malformed(error.to_string()))?;
        let mut parts = pattern.split('/');
        if parts.any(|part| part.contains("**") && part != "**") {
            return Err(GlobError::Globstar);
        }
        Ok(Self::new(pattern))
    }

    /// A pattern that is known to be one.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        let is_literal = !pattern.contains(SPECIAL);
        Self {
            pattern,
            is_literal,
        }
    }

    /// Whether the whole of `name` is like it.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.is_literal {
            self.pattern == name
        } else {
            fast_glob::glob_match(&self.pattern, name)
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// What does not mean itself in a pattern, somewhere.
const SPECIAL: [char; 9] = ['*', '?', '[', ']', '{', '}', ',', '\\', '!'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_what_they_say() {
        for (pattern, fits, others) in [
            ("team/app", &["team/app"][..], &["team/app2", "team"][..]),
            ("team/*", &["team/app"], &["team", "team/a/b", "teams/app"]),
            ("team/**", &["team/app", "team/a/b"], &["team", "teams/app"]),
            ("**", &["a", "a/b", "a/b/c"], &[]),
            ("*", &["a"], &["a/b"]),
            ("**/base", &["base", "a/base", "a/b/base"], &["a/based"]),
            ("a?", &["ab"], &["a", "abc", "a/"]),
            ("v[12]", &["v1", "v2"], &["v3", "v"]),
            ("{a,b/*}", &["a", "b/c"], &["b", "c", "a/b"]),
            (r"a\*", &["a*"], &["ab"]),
        ] {
            let glob = Glob::parse(pattern).unwrap();
            for name in fits {
                assert!(glob.matches(name), "{pattern} {name}");
            }
            for name in others {
                assert!(!glob.matches(name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn what_would_surprise_its_author_is_refused() {
        for (pattern, error) in [
            ("", GlobError::Empty),
            ("!team/*", GlobError::Negated),
            ("team**", GlobError::Globstar),
            ("team/**x", GlobError::Globstar),
            ("***", GlobError::Globstar),
            ("{a,b/**}", GlobError::Globstar),
            ("{**,a}", GlobError::Globstar),
        ] {
            assert_eq!(Glob::parse(pattern), Err(error), "{pattern}");
        }
        assert_eq!(Glob::parse(&"a".repeat(513)), Err(GlobError::TooLong));
        for pattern in ["a{b", "a[b", r"a\"] {
            let parsed = Glob::parse(pattern);
            assert!(matches!(parsed, Err(GlobError::Malformed(_))), "{pattern}");
        }
    }
}
