//! Names of accounts.

use std::fmt;
use std::str::FromStr;

/// What an account may be called.
///
/// A colon ends the name in `Basic` (RFC 7617, section 2); the other characters that are
/// refused mean something in patterns of rules, in paths, or to Docker, which keeps refresh
/// tokens under the name `<token>`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountName(String);

/// Nobody may be called so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the name of an account has 1 to {} bytes, no white space, no control characters and none of \
     : * ? [ ] {{ }} $ ! < > \\ \", and neither begins nor ends with a slash",
    AccountName::MAX_LEN
)]
pub struct NameError;

// === impl AccountName ===

impl AccountName {
    /// Bytes of the longest one.
    pub const MAX_LEN: usize = 255;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let has_refused = text
            .chars()
            .any(|it| it.is_whitespace() || it.is_control() || REFUSED.contains(it));
        let has_slash = text.starts_with('/') || text.ends_with('/');
        let is_name = (1..=Self::MAX_LEN).contains(&text.len()) && !has_refused && !has_slash;
        is_name.then(|| Self(text.to_owned())).ok_or(NameError)
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const REFUSED: &str = ":*?[]{}$!<>\\\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else_are_refused() {
        let longest = "a".repeat(AccountName::MAX_LEN);
        for name in [
            "ann",
            "ann@example.com",
            "team/ci",
            "ci-1_2.3+x",
            "é",
            &longest,
        ] {
            assert!(name.parse::<AccountName>().is_ok(), "{name}");
        }
        let longer = format!("{longest}a");
        for name in [
            "",
            " ",
            "a b",
            "a:b",
            "/a",
            "a/",
            "*",
            "a?",
            "[a]",
            "{a}",
            "${account}",
            "!a",
            "a\n",
            "a\0",
            "<token>",
            "a\\",
            "a\u{a0}",
            &longer,
        ] {
            assert_eq!(name.parse::<AccountName>(), Err(NameError), "{name:?}");
        }
    }
}
