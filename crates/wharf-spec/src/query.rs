//! The query string of a request.

/// The parameters after the `?`, decoded, in their order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query(Vec<(String, String)>);

// === impl Query ===

impl Query {
    /// Decodes a query string (`application/x-www-form-urlencoded`), which never fails: what
    /// is not a proper escape stands for itself, and what is not UTF-8 becomes U+FFFD, which
    /// no name, tag or digest accepts.
    #[must_use]
    pub fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value of `key`, empty when the key stands alone.
    #[must_use]
    pub fn first(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// Every value of `key`, in order: the `tag` parameter of a manifest push may repeat
    /// (distribution-spec: end-7b).
    pub fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether `key` was given, with or without a value.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.first(key).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_in_order() {
        let query = Query::parse(Some(
            "tag=1.2&tag=a%2Fb+c&digest=sha256%3Aab&mount&x=%zz&%ff=1",
        ));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["1.2", "a/b c"]);
        assert_eq!(query.first("digest"), Some("sha256:ab"));
        assert_eq!(query.first("mount"), Some(""));
        assert_eq!(query.first("x"), Some("%zz"));
        assert!(query.contains("\u{fffd}") && !query.contains("from"));
        assert_eq!(Query::parse(None), Query::parse(Some("")));
        assert_eq!(query.first("none"), None);
    }
}
