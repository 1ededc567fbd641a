//! What is asked of an authorization server: `repository:library/alpine:pull,push`.
// distribution: docs/content/spec/auth/scope.md

use wharf_spec::RepositoryName;

use crate::{Access, Action, Actions, Resource};

/// Scopes that were asked for, as far as this registry knows what they are about. Each resource
/// is there once, in the order of its name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scopes(Vec<Scope>);

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scope {
    /// What clients say a resource is besides, as in `repository(plugin)`. Nothing follows
    /// from it; it stands in the token as it was asked for.
    pub class: Option<String>,
    /// What is to be done with what.
    pub access: Access,
}

/// They cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScopesError {
    /// More text than anybody needs.
    #[error(
        "scopes may have {} bytes in all: ask for fewer at a time",
        Scopes::MAX_LEN
    )]
    TooLong,
    /// More of them than anybody needs.
    #[error("a token may be for {} scopes: ask for fewer at a time", Scopes::MAX)]
    TooMany,
    /// One is none.
    #[error("{0:?} is no scope: it has to be like repository:library/alpine:pull,push")]
    Malformed(String),
}

// === impl Scopes ===

impl Scopes {
    /// How many may be asked for at a time.
    pub const MAX: usize = 64;
    /// Bytes of all of them.
    pub const MAX_LEN: usize = 4 << 10;

    /// Reads texts of scopes, each with several between spaces. What is well-formed and about
    /// something that is not here (another type, an action nobody knows, a repository that
    /// could not be called so) is left out: nothing is granted for it, and it is no mistake.
    ///
    /// # Errors
    /// When one is malformed, or there is too much of them.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopesError> {
        let (mut len, mut number) = (0, 0);
        let mut scopes: Vec<Scope> = Vec::new();
        for text in texts {
            len += text.len();
            if len > Self::MAX_LEN {
                return Err(ScopesError::TooLong);
            }
            for text in text.split(' ').filter(|text| !text.is_empty()) {
                number += 1;
                if number > Self::MAX {
                    return Err(ScopesError::TooMany);
                }
                let scope = one(text).ok_or_else(|| ScopesError::Malformed(text.to_owned()))?;
                scopes.extend(scope);
            }
        }
        Ok(Self(merged(scopes)))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

/// `None` if it is malformed; of what is not known here, nothing is inside.
fn one(text: &str) -> Option<Option<Scope>> {
    let is_printable = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if !text.bytes().all(is_printable) {
        return None;
    }
    // The name may begin with a host and its port.
    let (kind, rest) = text.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let (kind, class) = match kind.strip_suffix(')') {
        Some(kind) => {
            let (kind, class) = kind.split_once('(')?;
            (kind, Some(class))
        }
        None => (kind, None),
    };
    let is_word = |text: &str| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !text.is_empty() && text.bytes().all(is_part)
    };
    if name.is_empty() || !is_word(kind) || !class.is_none_or(is_word) {
        return None;
    }
    let resource = match (kind, name) {
        ("repository", name) => name
            .parse::<RepositoryName>()
            .ok()
            .map(Resource::Repository),
        ("registry", "catalog") => Some(Resource::Catalog),
        _ => None,
    };
    let actions: Actions = actions.split(',').filter_map(Action::parse).collect();
    let resource = resource.filter(|_| !actions.is_empty());
    Some(resource.map(|resource| Scope {
        class: class.map(str::to_owned),
        access: Access { resource, actions },
    }))
}

/// Each resource once, with all that is wanted of it.
fn merged(mut scopes: Vec<Scope>) -> Vec<Scope> {
    let key = |scope: &Scope| (scope.access.resource.clone(), scope.class.clone());
    scopes.sort_by_cached_key(key);
    scopes.dedup_by(|next, kept| {
        let are_same = next.class == kept.class && next.access.resource == kept.access.resource;
        if are_same {
            let both = kept.access.actions.iter().chain(next.access.actions.iter());
            kept.access.actions = both.collect();
        }
        are_same
    });
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, ScopesError> {
        let scopes = Scopes::parse([text])?;
        let scopes = scopes.iter().map(|scope| {
            let class = scope.class.as_deref().unwrap_or_default();
            format!("{}{class}", scope.access)
        });
        Ok(scopes.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_is_known_is_read_and_the_rest_grants_nothing() {
        for (text, expected) in [
            ("", ""),
            ("repository:a/b:pull", "repository:a/b:pull"),
            ("repository:a:push,pull,pull", "repository:a:pull,push"),
            ("repository:a:*", "repository:a:*"),
            ("repository(plugin):a:pull", "repository:a:pullplugin"),
            ("registry:catalog:*", "registry:catalog:*"),
            (
                "repository:b:pull  repository:a:pull repository:b:push",
                "repository:a:pull repository:b:pull,push",
            ),
            // Well-formed, and nothing of ours.
            ("repository:localhost:5000/a:pull", ""),
            ("repository:../a:pull", ""),
            ("repository:a/../b:pull", ""),
            ("repository:a%2fb:pull", ""),
            ("repository:a//b:pull", ""),
            ("repository:A:pull", ""),
            ("repository:a*:pull", ""),
            ("repository:a:", ""),
            ("repository:a:PULL,read", ""),
            ("registry:other:*", ""),
            ("user:ann:read", ""),
            ("repository:a:read,pull", "repository:a:pull"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in [
            "a",
            "repository",
            "repository:a",
            ":a:pull",
            "repository::pull",
            "Repository:a:pull",
            "repository(:a:pull",
            "repository():a:pull",
            "repository(a)b:a:pull",
            "(a):a:pull",
            "repository:a\n:pull",
            "repository:a:pull\t",
            "repository:\"a\":pull",
            "repository:ä:pull",
        ] {
            let malformed = Err(ScopesError::Malformed(text.to_owned()));
            assert_eq!(read(text), malformed, "{text:?}");
        }
    }

    #[test]
    fn a_thousand_scopes_are_too_many() {
        let texts = vec!["repository:a:pull"; 1000];
        assert_eq!(Scopes::parse(texts), Err(ScopesError::TooMany));
        let text = "repository:a:pull ".repeat(1000);
        assert_eq!(Scopes::parse([&*text]), Err(ScopesError::TooLong));
        let texts = vec!["repository:a:pull"; Scopes::MAX];
        assert_eq!(Scopes::parse(texts).unwrap().iter().count(), 1);
    }
}
