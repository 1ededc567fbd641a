//! A password from a person, from a pipe, or by chance.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use wharf_auth::{PasswordHash, Secret};
use zeroize::Zeroizing;

use crate::cli::Source;

/// One, from where the flags say.
///
/// # Errors
/// When there is none.
pub(crate) fn get(source: &Source) -> Result<Secret> {
    if source.generate {
        return Ok(PasswordHash::generate()?);
    }
    let stdin = io::stdin();
    if source.password_stdin {
        return Ok(Secret::new(line(PasswordHash::LONGEST)?.as_str()));
    }
    if !stdin.is_terminal() {
        bail!("there is no terminal to ask for a password on: use --password-stdin or --generate");
    }
    let first = ask("Password: ", PasswordHash::LONGEST)?;
    if ask("Again: ", PasswordHash::LONGEST)? != first {
        bail!("the two passwords are not the same: try again");
    }
    Ok(Secret::new(first.as_str()))
}

/// Asks on the terminal for a line of so many bytes at most, which is not shown.
///
/// # Errors
/// When there is none.
pub(crate) fn ask(prompt: &str, longest: usize) -> Result<Zeroizing<String>> {
    let mut error = io::stderr();
    write!(error, "{prompt}")?;
    error.flush()?;
    let hidden = Hidden::begin()?;
    let line = line(longest);
    drop(hidden);
    // The line break that was typed was not shown either.
    writeln!(error)?;
    line
}

/// The first line of standard input, of so many bytes at most.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn line(longest: usize) -> Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(longest + 2));
    let most = longest as u64 + 2;
    let read = io::stdin().lock().take(most).read_line(&mut line);
    read.context("the password cannot be read")?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

/// While it is there, what is typed is not shown.
struct Hidden(Termios);

// === impl Hidden ===

impl Hidden {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // A Ctrl-C here must not leave a terminal that shows nothing; it is read as a character
        // instead, which no password has.
        hidden.local_modes.remove(LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // What else could be done about it?
        _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
