//! Questions to whoever sits there.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use anyhow::{Result, bail};

/// Asks whether this is to be deleted, unless somebody said so already.
///
/// # Errors
/// When it is not, or nobody is there to ask.
pub(super) fn confirm(what: &str, is_meant: bool) -> Result<()> {
    if is_meant {
        return Ok(());
    }
    if !stdin().is_terminal() {
        bail!("there is no terminal to ask on whether {what} is to be deleted: use --yes");
    }
    let _ = write!(stderr(), "Delete {what}? [y/N] ");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was deleted");
    }
    Ok(())
}

/// What others wrote, such that it cannot move anybody's cursor.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}
