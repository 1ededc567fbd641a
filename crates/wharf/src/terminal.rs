//! What commands say to the person who ran them.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

/// A result, on standard output. Nobody reading it is no reason to fail.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What went wrong, on standard error.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The same of seconds since 1970.
///
/// # Errors
/// When it is of no year that has four digits.
pub(crate) fn time(seconds: u64) -> Result<String> {
    let seconds = i64::try_from(seconds).context("a time is far too large")?;
    Ok(Timestamp::from_second(seconds)?.to_string())
}

/// How many of something.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Columns, each as wide as its widest cell.
pub(crate) fn say_table<const COLUMNS: usize>(heads: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: [&str; COLUMNS]| {
        let padded = cells.iter().zip(widths);
        let cells: Vec<_> = padded
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        say(cells.join("  ").trim_end());
    };
    line(heads);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}
