//! The `Forwarded` header (RFC 7239).

use std::collections::BTreeMap;

/// The parameters of the header's first element, which the proxy nearest to the client
/// wrote; their names are in lower case. `None` when the element cannot be read.
/// distribution: api/v2/headerparser.go
pub(super) fn first_element(header: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() && !rest.starts_with(',') {
        if let Some(next) = rest.strip_prefix(';') {
            rest = next.trim_start();
            continue;
        }
        let (name, after) = split_token(rest)?;
        let (value, after) = split_value(after.trim_start().strip_prefix('=')?.trim_start())?;
        if parameters
            .insert(name.to_ascii_lowercase(), value)
            .is_some()
        {
            return None;
        }
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with([';', ',']) {
            return None;
        }
    }
    Some(parameters)
}

fn split_value(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        Some(quoted) => split_quoted(quoted),
        None => split_token(text).map(|(token, rest)| (token.to_owned(), rest)),
    }
}

fn split_token(text: &str) -> Option<(&str, &str)> {
    let ends = |character: char| {
        character.is_whitespace() || character.is_control() || DELIMITERS.contains(character)
    };
    let end = text.find(ends).unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(token, _)| !token.is_empty())
}

/// Reads to the closing quote: RFC 9110, section 5.6.4.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            plain => value.push(plain),
        }
    }
}

const DELIMITERS: &str = "\"(),/:;<=>?@[\\]{}";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expect: Option<&[(&str, &str)]>) {
        let expect = expect.map(|pairs| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        });
        assert_eq!(first_element(header), expect, "{header:?}");
    }

    #[test]
    fn the_first_element_is_read() {
        check("", Some(&[]));
        check(" , host=a", Some(&[]));
        check("host=a", Some(&[("host", "a")]));
        check(
            "For=1.2.3.4; Proto=https , host=b",
            Some(&[("for", "1.2.3.4"), ("proto", "https")]),
        );
        check("for = a ;; host = b;", Some(&[("for", "a"), ("host", "b")]));
        check(
            r#"host="a:5000";for="[::1]""#,
            Some(&[("host", "a:5000"), ("for", "[::1]")]),
        );
        check(
            r#"by="a\"\\b,;="; host=x"#,
            Some(&[("by", "a\"\\b,;="), ("host", "x")]),
        );
        check(r#"host="""#, Some(&[("host", "")]));
    }

    #[test]
    fn a_broken_element_is_no_element() {
        for header in [
            "host",
            "host=",
            "=a",
            "host==a",
            "host=a b",
            "host=a:5000",
            r#"host="a"#,
            r#"host="a\"#,
            r#"host="a"b"#,
            "for=a;for=b",
            "host;proto=a",
            "(a)=b",
        ] {
            check(header, None);
        }
    }
}
