//! Text of others in a line of ours: it ends neither the line nor a quotation, and looks in
//! a terminal like nothing but itself.

use std::fmt::Write as _;

/// Appends `bytes` as Go's `strconv.Quote` writes them between its quotation marks: with
/// backslashes, and numbers for what cannot be seen. What is longer than `most` bytes, as
/// written, ends in `...`.
pub fn escape(line: &mut String, bytes: &[u8], most: usize) {
    if bytes.len() <= most && bytes.iter().all(|byte| is_plain(*byte)) {
        line.extend(bytes.iter().copied().map(char::from));
        return;
    }
    let end = line.len().saturating_add(most);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if line.len() >= end {
                line.push_str("...");
                return;
            }
            push(line, c);
        }
        for byte in chunk.invalid() {
            if line.len() >= end {
                line.push_str("...");
                return;
            }
            // A string takes all that is written to it.
            let _ = write!(line, "\\x{byte:02x}");
        }
    }
}

/// True for what Go's `strconv.IsPrint` lets pass: letters, numbers, punctuation, symbols
/// and the ASCII space; here without combining marks, which would join with what is ours.
#[must_use]
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        c == ' ' || c.is_ascii_graphic()
    } else {
        c.escape_debug().len() == 1
    }
}

fn is_plain(byte: u8) -> bool {
    byte == b' ' || (byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

fn push(line: &mut String, c: char) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        c if is_printable(c) => return line.push(c),
        _ => {
            let code = u32::from(c);
            // A string takes all that is written to it.
            let _ = match code {
                0..=0x7f => write!(line, "\\x{code:02x}"),
                0x80..=0xffff => write!(line, "\\u{code:04x}"),
                _ => write!(line, "\\U{code:08x}"),
            };
            return;
        }
    };
    line.push_str(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(bytes: &[u8], most: usize) -> String {
        let mut line = String::new();
        escape(&mut line, bytes, most);
        line
    }

    #[test]
    fn as_go_quotes() {
        for (text, shown) in [
            ("", ""),
            ("curl/7.88.1", "curl/7.88.1"),
            ("ag\"ent\\ <é>", "ag\\\"ent\\\\ <é>"),
            ("it's", "it's"),
            ("\x07\x08\x0c\n\r\t\x0b", "\\a\\b\\f\\n\\r\\t\\v"),
            ("\0\x1b[31m\x7f", "\\x00\\x1b[31m\\x7f"),
            (
                "\u{85}\u{a0}\u{202e}\u{2028}\u{feff}",
                "\\u0085\\u00a0\\u202e\\u2028\\ufeff",
            ),
            ("\u{1f600}\u{e0001}", "\u{1f600}\\U000e0001"),
            ("e\u{301}", "e\\u0301"),
        ] {
            assert_eq!(escaped(text.as_bytes(), 1000), shown, "{text:?}");
        }
        assert_eq!(escaped(b"a\xff\x9b31m\xc3", 1000), "a\\xff\\x9b31m\\xc3");
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(escaped(b"abc", 3), "abc");
        assert_eq!(escaped(b"abcd", 3), "abc...");
        assert!(escaped("\u{85}".repeat(1000).as_bytes(), 10).len() <= 10 + 6 + 3);
        let mut line = "before ".to_owned();
        escape(&mut line, b"abcd", 3);
        assert_eq!(line, "before abc...");
    }

    /// Else one long run of bytes that are no UTF-8 would not be cut.
    #[test]
    fn what_is_no_text_is_cut_too() {
        assert!(escaped(&[0xff; 1000], 10).len() <= 10 + 4 + 3);
    }
}
