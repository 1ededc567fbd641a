//! URLs from which layers can be had elsewhere: which of them a manifest may name.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// Which URLs the layers of a pushed manifest may name (distribution:
/// `validation.manifests.urls`).
///
/// All but the first are distribution's rules (registry/storage/ocimanifesthandler.go,
/// schema2manifesthandler.go): besides, a layer that is not distributable may then be
/// missing only if it has a URL, and one of another type never.
#[derive(Clone, Debug, Default)]
pub enum UrlPolicy {
    /// Any, and a layer with a URL may be missing (OCI image-spec, "Descriptors").
    #[default]
    Unchecked,
    /// Any `http` or `https` URL without a fragment (distribution: `validation.disabled`).
    Web,
    /// Of these, those that the lists let through.
    Listed(UrlLists),
}

/// Lists of regular expressions. They need not match a whole URL: anchors say so.
///
/// Without any expression no URL passes; without any that allows, each that is not denied.
/// Classes such as `\w` and the ignoring of case are ASCII's, as in Go, or nearly so.
#[derive(Clone, Default)]
pub struct UrlLists {
    allow: Vec<Regex>,
    deny: Vec<Regex>,
}

/// Why a list of expressions cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{pattern:?} is no regular expression for URLs: {source}")]
pub struct UrlPatternError {
    /// The expression.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: regex::Error,
}

// === impl UrlPolicy ===

impl UrlPolicy {
    /// Whether the layers of a manifest may name this URL.
    #[must_use]
    pub fn takes(&self, url: &str) -> bool {
        match self {
            Self::Unchecked => true,
            Self::Web => is_web_url(url),
            Self::Listed(lists) => is_web_url(url) && lists.let_through(url),
        }
    }
}

// === impl UrlLists ===

impl UrlLists {
    /// Compiles the lists.
    ///
    /// # Errors
    /// The first text that is no regular expression, or that would be a huge one.
    pub fn new<T: AsRef<str>>(allow: &[T], deny: &[T]) -> Result<Self, UrlPatternError> {
        Ok(Self {
            allow: compile(allow)?,
            deny: compile(deny)?,
        })
    }

    fn let_through(&self, url: &str) -> bool {
        let is_in = |list: &[Regex]| list.iter().any(|regex| regex.is_match(url.as_bytes()));
        let allowed = if self.allow.is_empty() {
            !self.deny.is_empty()
        } else {
            is_in(&self.allow)
        };
        allowed && !is_in(&self.deny)
    }
}

impl fmt::Debug for UrlLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |list: &[Regex]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        f.debug_struct("UrlLists")
            .field("allow", &texts(&self.allow))
            .field("deny", &texts(&self.deny))
            .finish()
    }
}

// === private ===

fn compile<T: AsRef<str>>(patterns: &[T]) -> Result<Vec<Regex>, UrlPatternError> {
    let compile = |pattern: &T| {
        let pattern = pattern.as_ref();
        RegexBuilder::new(pattern)
            .unicode(false)
            .build()
            .map_err(|source| UrlPatternError {
                pattern: pattern.to_owned(),
                source,
            })
    };
    patterns.iter().map(compile).collect()
}

/// An `http` or `https` URL with a host and without a fragment. What a client makes of the
/// rest is its affair, as long as nobody can take it for the end of something.
fn is_web_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let (url, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let host = url.split(['/', '?']).next().unwrap_or_default();
    let is_clean = !url.contains(|c: char| c.is_control() || c.is_whitespace());
    is_web && !host.is_empty() && fragment.is_empty() && is_clean
}
