//! Why somebody is not let in, and what they can do about it.

use std::borrow::Cow;
use std::time::Duration;

use crate::Decision;

/// The answer to a request that is not allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Other credentials may help: 401, with this `WWW-Authenticate`.
    Challenge {
        /// The header's value.
        challenge: String,
        /// For the log: why what was shown does not do, and which rule says so.
        why: Cow<'static, str>,
        /// Whose it was, if that is certain: the account of a token that is right, but for
        /// something else.
        account: Option<String>,
    },
    /// Whoever it is, they may not: 403.
    Denied(Decision),
    /// Too much was asked, or too much was wrong: 429, to be tried again after this time.
    Throttled(Duration),
    /// Too many want to be checked at this moment: 429.
    Busy,
    /// Nobody can be checked: what is needed for it cannot be read. The log says why.
    Unavailable,
}

// === impl Refusal ===

impl Refusal {
    /// A challenge by [`basic_challenge`].
    pub(crate) fn basic(realm: &str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Challenge {
            challenge: basic_challenge(realm),
            why: why.into(),
            account: None,
        }
    }
}

/// The value of `WWW-Authenticate` that asks for a name and a password (RFC 7617).
// distribution: registry/auth/htpasswd/access.go, challenge.SetHeaders
#[must_use]
pub fn basic_challenge(realm: &str) -> String {
    format!("Basic realm={}", quoted(realm))
}

/// As Go's `%q` writes what an operator puts into such a header; what cannot be in one is left
/// out.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars().filter(|character| !character.is_control()) {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms_cannot_leave_their_quotes() {
        assert_eq!(quoted(r#"a "b" \c"#), r#""a \"b\" \\c""#);
        assert_eq!(quoted("a\r\nb"), r#""ab""#);
    }
}
