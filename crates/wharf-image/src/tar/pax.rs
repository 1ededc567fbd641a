//! Records that stand before a header and say what it has no room for (POSIX.1-2001, pax).

/// What is read of the records of one file.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Records {
    pub(super) path: Option<String>,
    pub(super) link: Option<String>,
    pub(super) size: Option<u64>,
    /// What follows is not the content as it is.
    pub(super) is_sparse: bool,
}

// === impl Records ===

impl Records {
    /// Reads `LENGTH KEY=VALUE\n`, again and again; `None` if they are not such.
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut records = Self::default();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ')?;
            let length = std::str::from_utf8(bytes.get(..space)?).ok()?;
            let length: usize = length.parse().ok()?;
            let record = bytes.get(space + 1..length)?;
            bytes = bytes.get(length..)?;
            let record = record.strip_suffix(b"\n")?;
            let equals = record.iter().position(|byte| *byte == b'=')?;
            let value = String::from_utf8_lossy(record.get(equals + 1..)?).into_owned();
            match record.get(..equals)? {
                b"path" => records.path = Some(value),
                b"linkpath" => records.link = Some(value),
                b"size" => records.size = Some(value.parse().ok()?),
                key if key.starts_with(b"GNU.sparse.") => records.is_sparse = true,
                _ => {}
            }
        }
        Some(records)
    }
}

/// One record, with its own length before it.
pub(super) fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    loop {
        let whole = format!("{length}{rest}");
        if whole.len() == length {
            return whole;
        }
        length = whole.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in 0..1100 {
            let path = "p".repeat(length);
            let bytes = record("path", &path) + &record("size", "9000000000");
            let records = Records::read(bytes.as_bytes()).unwrap();
            assert_eq!(records.path, Some(path));
            assert_eq!(records.size, Some(9_000_000_000));
        }
    }

    #[test]
    fn bad_records_are_refused() {
        for bad in [
            "x",
            "1 ",
            "0 a=b\n",
            "6 a=b\n\n",
            "7 a=bc",
            "99 a=b\n",
            "5 abc\n",
            "-6 a=b\n",
            "10 size=x\n",
            "18446744073709551615 a=b\n",
        ] {
            assert_eq!(Records::read(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(Records::read(b"6 a=b\n"), Some(Records::default()));
    }
}
