//! How a server wants to be asked: the values of `WWW-Authenticate` (RFC 9110, section
//! 11.6.1; RFC 6750, section 3).

use std::collections::BTreeSet;

/// The one of a server's challenges that is answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Challenge {
    /// With a token of a token server.
    Bearer(Bearer),
    /// With name and password.
    Basic,
}

/// Where tokens come from, and for what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bearer {
    /// The address of the token server.
    pub(crate) realm: String,
    /// The name that the registry has there.
    pub(crate) service: Option<String>,
    /// What the request at hand needs.
    pub(crate) scopes: BTreeSet<String>,
}

/// One challenge as it was written; names are in lower case.
#[derive(Debug, Default, Eq, PartialEq)]
struct Written {
    scheme: String,
    parameters: Vec<(String, String)>,
}

// === impl Challenge ===

impl Challenge {
    /// The best of all that the headers offer: tokens before passwords, which then go to the
    /// token server only. `None` if there is none that is known here.
    pub(crate) fn best<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let all: Vec<_> = headers.into_iter().flat_map(parse).collect();
        let bearer = all.iter().find_map(Written::bearer).map(Self::Bearer);
        let is_basic = |it: &Written| it.scheme == "basic";
        bearer.or_else(|| all.iter().any(is_basic).then_some(Self::Basic))
    }
}

// === impl Written ===

impl Written {
    fn bearer(&self) -> Option<Bearer> {
        if self.scheme != "bearer" {
            return None;
        }
        let scopes = self.parameter("scope").unwrap_or_default();
        Some(Bearer {
            realm: self.parameter("realm")?.to_owned(),
            service: self.parameter("service").map(str::to_owned),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let known = self.parameters.iter().find(|(key, _)| key == name);
        known.map(|(_, value)| value.as_str())
    }
}

// === private ===

/// The challenges of one header, up to where it stops following the grammar.
fn parse(header: &str) -> Vec<Written> {
    let mut rest = header;
    let mut found: Vec<Written> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = token(rest);
        if word.is_empty() {
            return found;
        }
        let value = after.trim_start_matches([' ', '\t']).strip_prefix('=');
        match (value.and_then(parameter_value), found.last_mut()) {
            (Some((value, next)), Some(challenge)) => {
                challenge
                    .parameters
                    .push((word.to_ascii_lowercase(), value));
                rest = next;
            }
            // A parameter without a scheme before it.
            (Some((_, next)), None) => rest = next,
            // What is no parameter is a scheme, or the one word after one (`token68`), which
            // no scheme that is known here has.
            (None, _) => {
                let scheme = word.to_ascii_lowercase();
                found.push(Written {
                    scheme,
                    parameters: Vec::new(),
                });
                rest = after.trim_start_matches('=');
            }
        }
    }
}

/// The value after a `=`, and what follows it; none after the `=` that ends a `token68`.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    if let Some(quoted) = text.strip_prefix('"') {
        return Some(unquoted(quoted));
    }
    let (word, rest) = bare(text);
    (!word.is_empty()).then(|| (word.to_owned(), rest))
}

/// Up to the closing quotation mark; what has none ends with the header.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

/// RFC 9110, section 5.6.2, and the slash of a `token68`.
fn token(text: &str) -> (&str, &str) {
    let is_legal = |character: char| {
        character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(character)
    };
    let end = text.find(|character| !is_legal(character));
    text.split_at(end.unwrap_or(text.len()))
}

/// A value without quotation marks: some servers write addresses so.
fn bare(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t', ',', '"']);
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    if word.starts_with('=') {
        ("", text)
    } else {
        (word, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[&str], expected: &str) {
        let shown = match Challenge::best(headers.iter().copied()) {
            None => "none".to_owned(),
            Some(Challenge::Basic) => "basic".to_owned(),
            Some(Challenge::Bearer(it)) => {
                let scopes: Vec<_> = it.scopes.into_iter().collect();
                format!("{} {:?} {}", it.realm, it.service, scopes.join("|"))
            }
        };
        assert_eq!(shown, expected, "{headers:?}");
    }

    #[test]
    fn challenges_are_found_in_whatever_form() {
        check(&[], "none");
        check(&["Basic realm=\"x\""], "basic");
        check(&["basic"], "basic");
        check(&["Negotiate abc/+==, BASIC realm=\"x\""], "basic");
        check(&["Negotiate"], "none");
        let bearer = r#"Bearer realm="https://a/t",service="s",scope="repository:a:pull,push b""#;
        let expected = "https://a/t Some(\"s\") b|repository:a:pull,push";
        check(&[bearer], expected);
        check(&["Basic realm=\"x\"", bearer], expected);
        check(&[&format!("Basic realm=\"x, Bearer\", {bearer}")], expected);
        check(&[&format!("{bearer}, Basic realm=\"x\"")], expected);
        check(
            &[r#"BEARER  Realm = "a\"b\\" , SERVICE=s"#],
            "a\"b\\ Some(\"s\") ",
        );
        check(
            &["Bearer realm=https://a/t?x=1&y=2,service=s"],
            "https://a/t?x=1&y=2 Some(\"s\") ",
        );
        // Without a realm nobody knows where to go.
        check(&["Bearer service=\"s\", Basic"], "basic");
        check(&["realm=\"x\", Basic"], "basic");
        check(&["Bearer realm=\"open"], "open None ");
    }

    #[test]
    fn nothing_panics() {
        let alphabet = [
            " ", ",", "=", "\"", "\\", "a", "Bearer", "realm", "ä", "\t", "/",
        ];
        let mut seed = 1_usize;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(alphabet[(seed >> 33) % alphabet.len()]);
            }
            Challenge::best([text.as_str()]);
        }
    }
}
