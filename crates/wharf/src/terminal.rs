//! What commands say to the person who ran them.

use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

/// A result, on standard output. Nobody reading it is no reason to fail; what else may be wrong
/// there is told at the end ([`all_said`]).
pub(crate) fn say(line: &str) {
    let _ = is_said(line);
}

/// The same, and whether more of them would be taken.
pub(crate) fn is_said(line: &str) -> bool {
    let written = writeln!(io::stdout(), "{line}");
    let is_said = written.is_ok();
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = UNSAID.set(error);
    }
    is_said
}

/// The exit code of a program that has said what it had to say: a result that a full disk did
/// not take is none.
pub(crate) fn all_said(code: ExitCode) -> ExitCode {
    // Whole lines are written at once. To flush would be to wait for whoever writes a log there,
    // and that one for a reader.
    match UNSAID.get() {
        None => code,
        Some(error) => {
            warn(&format!("wharf: cannot write standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Why standard output took no more.
static UNSAID: OnceLock<io::Error> = OnceLock::new();

/// What went wrong, on standard error.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
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
