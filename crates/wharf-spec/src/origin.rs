//! Under which address the client sees the registry.

mod forwarded;

use std::fmt;

/// Scheme and host of the URLs that the registry gives out.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    /// `http` or `https`, as a rule.
    pub scheme: String,
    /// The name or address, with the port unless it is the scheme's own.
    pub host: String,
}

// === impl Origin ===

impl Origin {
    /// What proxies before us say of the scheme and the host that the client used: the first
    /// element of `Forwarded` (RFC 7239), or, where there is no such header, the first of
    /// `X-Forwarded-Proto` and of `X-Forwarded-Host`.
    /// distribution: api/v2/urls.go, `NewURLBuilderFromRequest`
    ///
    /// A value that could not be a scheme or a host is as good as absent, so that nobody
    /// writes into our headers.
    #[must_use]
    pub fn forwarded(
        forwarded: Option<&str>,
        x_forwarded_proto: Option<&str>,
        x_forwarded_host: Option<&str>,
    ) -> (Option<String>, Option<String>) {
        let (scheme, host) = match forwarded.filter(|header| !header.is_empty()) {
            Some(header) => {
                let mut element = forwarded::first_element(header).unwrap_or_default();
                (element.remove("proto"), element.remove("host"))
            }
            None => (
                x_forwarded_proto.and_then(first_of_list),
                x_forwarded_host.and_then(first_of_list),
            ),
        };
        (
            scheme.filter(|scheme| is_scheme(scheme)),
            host.filter(|host| is_host(host)),
        )
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

// === private ===

fn first_of_list(header: &str) -> Option<String> {
    header
        .split(',')
        .next()
        .map(|first| first.trim().to_owned())
}

/// A registry is reached by these two.
pub(crate) fn is_web_scheme(text: &str) -> bool {
    text.eq_ignore_ascii_case("http") || text.eq_ignore_ascii_case("https")
}

/// RFC 3986, section 3.1
fn is_scheme(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_legal)
}

/// A name, an IPv4 address or an IPv6 address in brackets, with or without a port. Looser
/// than RFC 3986, section 3.2.2, but without anything that ends a host or a header.
pub(crate) fn is_host(text: &str) -> bool {
    let is_legal = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    (1..=MOST_HOST).contains(&text.len()) && text.bytes().all(is_legal)
}

/// The longest name of DNS, with a port.
const MOST_HOST: usize = 253 + ":65535".len();

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: [&str; 3], scheme: &str, host: &str) {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let [forwarded, proto, x_host] = headers.map(|header| Some(header).filter(|it| *it != "-"));
        let found = Origin::forwarded(forwarded, proto, x_host);
        assert_eq!(found, (given(scheme), given(host)), "{headers:?}");
    }

    #[test]
    fn proxies_are_believed_as_distribution_believes_them() {
        check(["-", "-", "-"], "", "");
        check(["-", "https", "-"], "https", "");
        check(["-", "https", "a.example, b"], "https", "a.example");
        check(["-", "https, http", "[::1]:5000"], "https", "[::1]:5000");
        check(["", "https", "a"], "https", "a");
        check(
            ["proto=https;host=\"a:5000\", host=b", "http", "c"],
            "https",
            "a:5000",
        );
        check(["for=1.2.3.4", "https", "c"], "", "");
        check(["for=;;=", "https", "c"], "", "");
    }

    #[test]
    fn nobody_writes_into_our_headers() {
        for bad in [
            "a\r\nx: y",
            "a/b",
            "user@a",
            "a b",
            "a?b",
            "a#b",
            "ä",
            "",
            "a\\b",
            "<a>",
        ] {
            check(["-", bad, bad], "", "");
        }
        check(["proto=\"java:x\";host=\"a/b\"", "-", "-"], "", "");
        check(["-", "1http", &"a".repeat(260)], "", "");
    }

    #[test]
    fn an_origin_starts_a_url() {
        let origin = Origin {
            scheme: "https".into(),
            host: "a:5000".into(),
        };
        assert_eq!(origin.to_string(), "https://a:5000");
    }
}
