//! The registry's own address, as an operator writes it down.

use std::fmt;
use std::str::FromStr;

use crate::origin::{is_host, is_web_scheme};
use crate::{Origin, Prefix, PrefixError};

/// Where clients reach the registry: `https://host`, `https://host:port/path/`.
/// distribution: `http.host`; registry/handlers/app.go, `App.context`
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BaseUrl {
    origin: Origin,
    path: Prefix,
}

/// Why a text is not a [`BaseUrl`]. Each variant carries the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BaseUrlError {
    /// It has no scheme, or no host. distribution ignores such a text.
    #[error("{0:?} is no absolute URL: write https://HOST or https://HOST:PORT/PATH/")]
    NotAbsolute(String),
    /// Clients do not speak it.
    #[error("the URL {0:?} must start with http:// or https://")]
    Scheme(String),
    /// What stands for the host is none; a user's name before it is none either.
    #[error("the URL {0:?} must have HOST or HOST:PORT after its scheme")]
    Host(String),
    /// Nothing can be added to it.
    #[error("the URL {0:?} must have neither a query nor a fragment")]
    NotABase(String),
    /// The registry could not be at its path.
    #[error("the URL {text:?} has a path that cannot be used: {source}")]
    Path {
        /// The URL.
        text: String,
        /// What is wrong with its path.
        source: PrefixError,
    },
}

// === impl BaseUrl ===

impl BaseUrl {
    /// Scheme and host.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What stands before `/v2/` in the path.
    #[must_use]
    pub const fn path(&self) -> &Prefix {
        &self.path
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    /// As references are resolved (RFC 3986, section 5.2.3; Go: `URL.ResolveReference`),
    /// what follows the last slash of the path does not count.
    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let own = || text.to_owned();
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| BaseUrlError::NotAbsolute(own()))?;
        if !is_web_scheme(scheme) {
            return Err(BaseUrlError::Scheme(own()));
        }
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::NotABase(own()));
        }
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() {
            return Err(BaseUrlError::NotAbsolute(own()));
        }
        if !is_host(host) {
            return Err(BaseUrlError::Host(own()));
        }
        let (directory, _) = path.rsplit_once('/').unwrap_or_default();
        // The slash keeps an empty last component from being taken for a missing one.
        let path = format!("{directory}/")
            .parse()
            .map_err(|source| BaseUrlError::Path {
                text: own(),
                source,
            })?;
        let origin = Origin {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
        };
        Ok(Self { origin, path })
    }
}

/// Without a slash at its end: paths that start with one can be added.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path.as_base())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Result<String, BaseUrlError> {
        text.parse::<BaseUrl>().map(|url| url.to_string())
    }

    #[test]
    fn addresses_are_read_as_distribution_resolves_them() {
        for (text, expect) in [
            ("https://front.test", "https://front.test"),
            ("https://front.test/", "https://front.test"),
            ("HTTP://front.test:8080", "http://front.test:8080"),
            ("https://[2001:db8::1]:5000/", "https://[2001:db8::1]:5000"),
            ("https://front.test/sub/", "https://front.test/sub"),
            ("https://front.test/a/b/", "https://front.test/a/b"),
            ("https://front.test/sub/last", "https://front.test/sub"),
            ("https://front.test/last", "https://front.test"),
        ] {
            assert_eq!(base(text).as_deref(), Ok(expect), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let path = |text: &str, source| BaseUrlError::Path {
            text: text.to_owned(),
            source,
        };
        for text in [
            "",
            "front.test",
            "front.test:5000",
            "/sub/",
            "https://",
            "https:///a/",
        ] {
            assert_eq!(base(text), Err(BaseUrlError::NotAbsolute(text.into())));
        }
        for text in ["ftp://front.test", "://front.test", "//front.test://"] {
            assert_eq!(base(text), Err(BaseUrlError::Scheme(text.into())));
        }
        for text in [
            "https://u:p@front.test",
            "https://a b",
            "https://a\r\nb",
            "https://ü",
        ] {
            assert_eq!(base(text), Err(BaseUrlError::Host(text.into())));
        }
        for text in ["https://front.test/?a=b", "https://front.test#a"] {
            assert_eq!(base(text), Err(BaseUrlError::NotABase(text.into())));
        }
        for text in ["https://a//b/", "https://a/../", "https://a/b//"] {
            let directory = text.strip_prefix("https://a").unwrap();
            let expect = path(text, PrefixError::Component(directory.to_owned()));
            assert_eq!(base(text), Err(expect));
        }
        let expect = path("https://a/b c/", PrefixError::Character("/b c/".into()));
        assert_eq!(base("https://a/b c/"), Err(expect));
    }
}
