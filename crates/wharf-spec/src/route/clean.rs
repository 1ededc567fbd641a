//! Paths with needless components, and where they lead.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The path without empty, `.` and `..` components, if that is another one.
/// distribution: gorilla/mux, `cleanPath`; Go: `path.Clean`
pub(super) fn cleaned(path: &str) -> Option<String> {
    if is_clean(path) {
        return None;
    }
    let mut kept = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let slash = if path.ends_with('/') && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    Some(format!("/{}{slash}", kept.join("/")))
}

/// As nearly every path is.
fn is_clean(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else {
        return false;
    };
    let components = path.strip_suffix('/').unwrap_or(path);
    path.is_empty()
        || components
            .split('/')
            .all(|component| !matches!(component, "" | "." | ".."))
}

/// The path as it may stand in a header.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

/// All but what RFC 3986 allows in a path and what names, tags and digests need.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b':')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'=')
    .remove(b'+');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for tidy in ["/", "/a", "/a/", "/v2/a/blobs/uploads/", "/a/..b"] {
            assert_eq!(cleaned(tidy), None, "{tidy}");
        }
        for (path, expect) in [
            ("//", "/"),
            ("//a", "/a"),
            ("/a//b/", "/a/b/"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/../../b/", "/b/"),
            ("/a/..", "/"),
            ("/a/.", "/a"),
            ("/a/../", "/"),
        ] {
            assert_eq!(cleaned(path).as_deref(), Some(expect), "{path}");
        }
        for (path, expect) in [("", "/"), ("a", "/a"), ("a/", "/a/"), ("///", "/")] {
            assert_eq!(cleaned(path).as_deref(), Some(expect), "{path}");
        }
        assert_eq!(
            encoded("/a\r\nb/\\ü?#%=+~:"),
            "/a%0D%0Ab/%5C%C3%BC%3F%23%25=+~:"
        );
    }
}
