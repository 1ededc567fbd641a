//! Words and comments of bash. Much of what stands in them comes from servers.

use std::fmt::Write as _;

/// A word that bash takes as it is.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for character in text.chars() {
        match character {
            '\'' => word.push_str("'\\''"),
            // No terminal is to act on it.
            control if control.is_control() => word.push(' '),
            other => word.push(other),
        }
    }
    word.push('\'');
    word
}

/// A header as `curl -H` wants it.
pub(super) fn header(name: &str, value: &str) -> String {
    let mut text = String::new();
    for (number, part) in name.split('-').enumerate() {
        if number > 0 {
            text.push('-');
        }
        let mut characters = part.chars();
        text.extend(characters.next().map(|it| it.to_ascii_uppercase()));
        text.push_str(characters.as_str());
    }
    _ = write!(text, ": {value}");
    quoted(&text)
}

/// A line that bash leaves alone.
pub(super) fn comment(text: &str) -> String {
    let is_printed = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    format!("# {}", text.chars().map(is_printed).collect::<String>())
}

/// Host and port of an address: the rest may be a secret of the server that it is on.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// Scheme, host and port of an address.
pub(super) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |found| found + 3);
    let end = url.get(start..).and_then(|rest| rest.find(['/', '?']));
    let end = end.map_or(url.len(), |found| start + found);
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_a_word_or_a_comment() {
        for (text, expected) in [
            ("http://a:1/v2/", "http://a:1/v2/"),
            ("http://a/?b=1&c=2", "'http://a/?b=1&c=2'"),
            ("", "''"),
            ("it's $(x) `y`", "'it'\\''s $(x) `y`'"),
            ("a\u{1b}[2J\nb", "'a [2J b'"),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(comment("a\nrm -rf\u{9b}b"), "# a rm -rf b");
        assert_eq!(header("content-type", "a/b"), "'Content-Type: a/b'");
    }

    #[test]
    fn addresses_have_hosts() {
        for (url, name, start) in [
            ("http://a:1/v2/?x", "a:1", "http://a:1"),
            ("https://b?x=/", "b", "https://b"),
            ("https://b", "b", "https://b"),
        ] {
            assert_eq!((host(url), origin(url)), (name, start));
        }
    }
}
