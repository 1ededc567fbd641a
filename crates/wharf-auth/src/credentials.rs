//! What a client shows: the `Authorization` header (RFC 9110, section 11.6.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Secret;

/// What is in the header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// No such header, or an empty one.
    None,
    /// `Basic` (RFC 7617).
    Basic(Basic),
    /// `Bearer` (RFC 6750).
    Bearer(Secret),
    /// Something else.
    Other,
}

/// A name and a password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Basic {
    /// The account; without a colon.
    pub user: String,
    /// The password, a personal access token, whatever the account has.
    pub password: Secret,
}

/// The header cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialsError {
    /// Longer than anybody needs.
    #[error(
        "the Authorization header has more than {} bytes",
        Credentials::MAX_LEN
    )]
    TooLong,
    /// There are several.
    #[error("there is more than one Authorization header")]
    Several,
}

// === impl Credentials ===

impl Credentials {
    /// The longest header, in bytes.
    pub const MAX_LEN: usize = 16 << 10;

    /// Reads all values of the header. What is malformed counts as [`Self::Other`]: whoever
    /// asked for a challenge gets one.
    ///
    /// # Errors
    /// When there are several, or too long ones.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, CredentialsError> {
        let mut values = values.into_iter();
        let value = values.next().unwrap_or_default();
        if values.next().is_some() {
            return Err(CredentialsError::Several);
        }
        if value.len() > Self::MAX_LEN {
            return Err(CredentialsError::TooLong);
        }
        let Ok(text) = std::str::from_utf8(value) else {
            return Ok(Self::Other);
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::None);
        }
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim_start();
        if scheme.eq_ignore_ascii_case("basic") {
            Ok(Basic::decode(rest).map_or(Self::Other, Self::Basic))
        } else if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
            Ok(Self::Bearer(Secret::new(rest)))
        } else {
            Ok(Self::Other)
        }
    }
}

// === impl Basic ===

impl Basic {
    /// True for what some clients send when they have nothing to send.
    // containers/image: docker/docker_client.go, setupRequestAuth
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.user.is_empty() && self.password.reveal().is_empty()
    }

    fn decode(text: &str) -> Option<Self> {
        let decoded = zeroize::Zeroizing::new(STANDARD.decode(text).ok()?);
        let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: Secret::new(password),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(value: &str) -> Credentials {
        Credentials::parse([value.as_bytes()]).unwrap()
    }

    #[test]
    fn headers_are_read() {
        let basic = |user: &str, password: &str| {
            Credentials::Basic(Basic {
                user: user.to_owned(),
                password: Secret::new(password),
            })
        };
        for (value, expected) in [
            ("", Credentials::None),
            ("   ", Credentials::None),
            ("Basic dTpw", basic("u", "p")),
            ("bAsIc   dTpw", basic("u", "p")),
            // Only the first colon separates.
            ("Basic dTpwOnE=", basic("u", "p:q")),
            ("Basic Og==", basic("", "")),
            ("Basic dQ==", Credentials::Other),
            ("Basic dTpw!", Credentials::Other),
            ("Basic", Credentials::Other),
            ("Basic /////w==", Credentials::Other),
            ("Bearer a.b.c", Credentials::Bearer(Secret::new("a.b.c"))),
            ("Bearer", Credentials::Other),
            ("Negotiate x", Credentials::Other),
        ] {
            assert_eq!(parse(value), expected, "{value:?}");
        }
        assert_eq!(Credentials::parse([]).unwrap(), Credentials::None);
    }

    #[test]
    fn one_header_of_bounded_length_is_enough() {
        let long = vec![b'x'; Credentials::MAX_LEN + 1];
        let parse = |values: &[&[u8]]| Credentials::parse(values.iter().copied());
        assert_eq!(parse(&[&long]), Err(CredentialsError::TooLong));
        assert!(parse(&[&long[1..]]).is_ok());
        assert_eq!(parse(&[b"Basic dTpw", b""]), Err(CredentialsError::Several));
    }

    #[test]
    fn secrets_are_not_shown() {
        for value in ["Basic dXNlcjpzZWNyZXQ=", "Bearer secret"] {
            assert!(!format!("{:?}", parse(value)).contains("secret"));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            _ = Credentials::parse([&value[..]]);
        }
    }
}
