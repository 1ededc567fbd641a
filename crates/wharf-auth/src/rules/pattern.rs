//! Patterns of repositories, in which an account's name may stand.

use wharf_spec::RepositoryName;

use crate::{Glob, GlobError};

/// A pattern of the names of repositories. `${account}` in it stands for the name of whoever
/// asks, each character of which means itself; for those without a name it fits nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RepositoryPattern(Kind);

/// Why a text is not a [`RepositoryPattern`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PatternError {
    /// It is no pattern at all.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// Another variable than `${account}`, perhaps a misspelt one.
    #[error("`$` can only be part of `${{account}}`, and no repository has it in its name")]
    Variable,
    /// `${account}` among alternatives.
    #[error("braces and brackets cannot stand beside `${{account}}`: write several patterns")]
    Alternatives,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    /// The same for everybody.
    Plain(Glob),
    /// What stands before, between and after the account's name.
    OfAccount(Vec<String>),
}

// === impl RepositoryPattern ===

impl RepositoryPattern {
    /// A pattern that an operator wrote.
    ///
    /// # Errors
    /// When it is none, or would not do what it seems to.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        let parts: Vec<_> = pattern.split(ACCOUNT).map(str::to_owned).collect();
        let others = parts.concat();
        if others.contains('$') {
            return Err(PatternError::Variable);
        }
        if parts.len() == 1 {
            return Ok(Self(Kind::Plain(Glob::parse(pattern)?)));
        }
        if others.contains(['{', '}', '[', ']', '\\']) {
            return Err(PatternError::Alternatives);
        }
        Glob::parse(&parts.join(ANYBODY))?;
        Ok(Self(Kind::OfAccount(parts)))
    }

    /// Whether it fits this name, when that account asks.
    pub(super) fn fits(&self, name: &RepositoryName, account: Option<&str>) -> bool {
        match (&self.0, account) {
            (Kind::Plain(glob), _) => glob.matches(name.as_str()),
            (Kind::OfAccount(_), None | Some("")) => false,
            (Kind::OfAccount(parts), Some(account)) => {
                // What stands in a repository's name means itself in a pattern too.
                name.as_str().contains(account)
                    && Glob::new(parts.join(account)).matches(name.as_str())
            }
        }
    }
}

const ACCOUNT: &str = "${account}";
/// The name of an account, to try whether a pattern is one.
const ANYBODY: &str = "a";

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str, account: Option<&str>) -> bool {
        let pattern = RepositoryPattern::parse(pattern).unwrap();
        pattern.fits(&name.parse().unwrap(), account)
    }

    #[test]
    fn an_account_has_what_is_called_after_it() {
        assert!(fits("users/${account}/**", "users/ann/app", Some("ann")));
        assert!(fits("${account}", "ann", Some("ann")));
        assert!(fits("${account}/${account}-*", "ann/ann-1", Some("ann")));
        for (name, account) in [
            ("users/bob/app", Some("ann")),
            ("users/annex/app", Some("ann")),
            ("users/ann", Some("ann")),
            ("users/ann/app", Some("Ann")),
            ("users/ann/app", None),
        ] {
            assert!(!fits("users/${account}/**", name, account), "{name}");
        }
    }

    #[test]
    fn an_account_named_like_a_pattern_has_nothing_of_others() {
        for account in [
            "*",
            "**",
            "?nn",
            "[a]nn",
            "{ann,bob}",
            "a*",
            "",
            "!bob",
            "..",
            "/",
            "\\a",
            "a-z",
        ] {
            for name in ["ann/app", "bob/app", "a/b/c", "a/app"] {
                for pattern in ["${account}/**", "${account}/*", "**/${account}/*"] {
                    assert!(!fits(pattern, name, Some(account)), "{account} {name}");
                }
            }
        }
    }

    #[test]
    fn variables_that_nobody_knows_are_refused() {
        for pattern in ["${user}/**", "$account/*", "${account}/${Account}", "a$"] {
            let parsed = RepositoryPattern::parse(pattern);
            assert_eq!(parsed, Err(PatternError::Variable), "{pattern}");
        }
        for pattern in ["{${account},all}/*", "[${account}]", "\\${account}"] {
            let parsed = RepositoryPattern::parse(pattern);
            assert_eq!(parsed, Err(PatternError::Alternatives), "{pattern}");
        }
        for pattern in ["${account}**", "!${account}", ""] {
            let parsed = RepositoryPattern::parse(pattern);
            assert!(matches!(parsed, Err(PatternError::Glob(_))), "{pattern}");
        }
    }
}
