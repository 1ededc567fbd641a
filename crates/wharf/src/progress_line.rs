//! How far a command is, on standard error: on a terminal one line that is written over, else a
//! line now and then.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

use crate::terminal::warn;

/// What is shown of it.
pub(crate) struct ProgressLine {
    is_terminal: bool,
    /// Whether there is a line to be written over.
    is_shown: bool,
    told: Instant,
    now_and_then: Duration,
}

// === impl ProgressLine ===

impl ProgressLine {
    /// Nothing yet. Where there is no terminal, at most one line in that time will be told.
    pub(crate) fn new(now_and_then: Duration) -> Self {
        Self {
            is_terminal: stderr().is_terminal(),
            is_shown: false,
            told: Instant::now(),
            now_and_then,
        }
    }

    /// Shows this instead.
    pub(crate) fn show(&mut self, line: &str) {
        if self.is_terminal {
            // Longer ones could not be written over.
            let line: String = line.chars().take(79).collect();
            let _ = write!(stderr(), "\r\x1b[K{line}");
            self.is_shown = true;
        } else if self.told.elapsed() >= self.now_and_then {
            self.told = Instant::now();
            warn(line);
        }
    }

    /// Makes room for something else.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
