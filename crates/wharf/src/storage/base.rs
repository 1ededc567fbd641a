//! What stands before the paths of what is stored, in the URLs of another server.

use std::fmt;

use reqwest::Url;

/// A scheme, a host, and perhaps a path, without a slash at the end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct BaseUrl(String);

// === impl BaseUrl ===

impl BaseUrl {
    /// # Errors
    /// Why it is none.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let parsed = Url::parse(text).ok();
        let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = parsed else {
            return Err(format!(
                "`{text}` is no scheme and host, as in https://blobs.example.org"
            ));
        };
        let is_more = url.query().is_some() || url.fragment().is_some();
        if is_more || !url.username().is_empty() || url.password().is_some() {
            return Err("only a scheme, a host and a path are possible here".to_owned());
        }
        // As distribution joins it with the path of what is stored.
        let path: String = url
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| format!("/{segment}"))
            .collect();
        Ok(Self(format!(
            "{}{path}",
            url.origin().ascii_serialization()
        )))
    }

    /// Its path, without a slash at the end; nothing if it has none.
    pub(super) fn path(&self) -> &str {
        let authority = self.0.find("://").map_or(0, |scheme| scheme + 3);
        let rest = self.0.get(authority..).unwrap_or_default();
        let path = rest.find('/').and_then(|slash| rest.get(slash..));
        path.unwrap_or_default()
    }

    /// The URL of what is at this path below it.
    pub(super) fn with(&self, path: impl fmt::Display) -> String {
        format!("{}/{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_below_the_base() {
        for (base, url) in [
            ("https://a.test", "https://a.test/x"),
            ("https://a.test/", "https://a.test/x"),
            ("http://A.test:81/b//c/", "http://a.test:81/b/c/x"),
            ("http://[::1]:5/b/../c", "http://[::1]:5/c/x"),
        ] {
            assert_eq!(BaseUrl::new(base).unwrap().with("x"), url);
        }
    }

    #[test]
    fn a_path_is_what_stands_after_the_host() {
        for (base, path) in [
            ("https://a.test", ""),
            ("https://a.test/", ""),
            ("https://a.test:81/b//c/", "/b/c"),
        ] {
            assert_eq!(BaseUrl::new(base).unwrap().path(), path);
        }
    }

    #[test]
    fn what_is_no_base_is_refused() {
        for base in [
            "",
            "a.test",
            "//a.test",
            "/a",
            "ftp://a.test",
            "https://",
            "https://a.test?b",
            "https://a.test/#b",
            "https://ann:secret@a.test",
        ] {
            let why = BaseUrl::new(base).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
