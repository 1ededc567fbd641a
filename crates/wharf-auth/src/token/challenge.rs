//! Where to get a token, and for what: `WWW-Authenticate: Bearer` (RFC 6750, section 3).
// distribution: registry/auth/token/accesscontroller.go, authChallenge

use std::borrow::Cow;
use std::net::Ipv6Addr;

use wharf_spec::Origin;

use crate::refusal::quoted;
use crate::{Access, Refusal, Request};

/// What clients are told.
pub(super) struct Challenge {
    pub(super) realm: String,
    pub(super) service: String,
    /// Whether the token server is wherever the registry is.
    pub(super) redirect: Option<Redirect>,
}

/// The token server is under the host that clients have the registry under.
pub(super) struct Redirect {
    /// Its path there.
    pub(super) path: String,
    /// How clients reach it, where no proxy says so.
    pub(super) scheme: Scheme,
}

/// How clients reach a token server.
pub(super) enum Scheme {
    /// By TLS, as distribution has it.
    Https,
    /// As they reach the registry.
    OfRequest,
}

/// What was wrong with the token.
#[derive(Clone, Copy)]
pub(super) enum Problem {
    /// There was none.
    Missing,
    Invalid,
    /// It is right, but for something else.
    Insufficient,
}

// === impl Challenge ===

impl Challenge {
    pub(super) fn refuse(
        &self,
        request: &Request<'_>,
        problem: Problem,
        why: &'static str,
    ) -> Refusal {
        let realm = quoted(&self.realm(request));
        let mut challenge = format!("Bearer realm={realm},service={}", quoted(&self.service));
        let scopes: Vec<_> = request.needs.iter().map(Access::to_string).collect();
        if !scopes.is_empty() {
            challenge.push_str(",scope=");
            challenge.push_str(&quoted(&scopes.join(" ")));
        }
        challenge.push_str(match problem {
            Problem::Missing => "",
            Problem::Invalid => r#",error="invalid_token""#,
            Problem::Insufficient => r#",error="insufficient_scope""#,
        });
        Refusal::Challenge { challenge, why }
    }

    fn realm(&self, request: &Request<'_>) -> Cow<'_, str> {
        let Some(Redirect { path, scheme }) = &self.redirect else {
            return Cow::Borrowed(&self.realm);
        };
        let (scheme, host) = scheme.and_host(request);
        let Some(host) = host.filter(|host| is_authority(host)) else {
            return Cow::Borrowed(&self.realm);
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Cow::Owned(format!("{scheme}://{host}{slash}{path}"))
    }
}

// === impl Scheme ===

impl Scheme {
    /// How and where a client reaches the token server.
    fn and_host(&self, request: &Request<'_>) -> (&'static str, Option<String>) {
        let own = || request.host.map(str::to_owned);
        match self {
            // distribution: registry/auth/token/accesscontroller.go, buildAutoRedirectURL
            Self::Https => {
                let scheme = request.forwarded_proto.and_then(web_scheme);
                (scheme.unwrap_or("https"), own())
            }
            // As `Location` has it.
            Self::OfRequest => {
                let (scheme, host) = Origin::forwarded(
                    request.forwarded,
                    request.forwarded_proto,
                    request.forwarded_host,
                );
                let ours = if request.is_secure { "https" } else { "http" };
                let scheme = scheme.as_deref().and_then(web_scheme).unwrap_or(ours);
                (scheme, host.or_else(own))
            }
        }
    }
}

/// A registry is reached by these two; anything else is somebody's joke.
fn web_scheme(text: &str) -> Option<&'static str> {
    let mut schemes = ["http", "https"].into_iter();
    schemes.find(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// A host and perhaps a port (RFC 9110, section 7.2), and nothing that would make a URL mean
/// something else.
fn is_authority(text: &str) -> bool {
    let (is_host, rest) = if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').unwrap_or((rest, "]"));
        (address.parse::<Ipv6Addr>().is_ok(), rest)
    } else {
        let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
        (is_name(name), rest)
    };
    let is_port = |port: &str| !port.starts_with('+') && port.parse::<u16>().is_ok();
    is_host && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=255).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_would_make_a_url_mean_something_else_is_no_authority() {
        for text in [
            "a",
            "a.example",
            "a_b-c:5000",
            "10.0.0.1",
            "[::1]",
            "[::1]:443",
            "a:0",
        ] {
            assert!(is_authority(text), "{text}");
        }
        for text in [
            "", ":1", "a:", "a:b", "a:+1", "a:65536", "a:1:2", "u@a", "a/b", "a?b", "a#b", "a b",
            "a\"", "a\\", "a,b", "ä", "::1", "[::1", "[::1]a", "[::1]:", "[a]", "[]", "a\r\n",
            "%61",
        ] {
            assert!(!is_authority(text), "{text}");
        }
        assert!(!is_authority(&"a".repeat(256)));
    }
}
