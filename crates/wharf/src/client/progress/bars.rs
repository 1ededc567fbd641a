//! Bars on a terminal: a line for each blob under way, and one for all of it, drawn over what
//! was there. Nothing more is needed than the size of the terminal and three of its codes.

use std::io::{Write as _, stderr};
use std::time::Instant;

use super::underway::{Reached, Underway};
use crate::collection::size;

/// What stands on the terminal.
#[derive(Debug, Default)]
pub(super) struct Bars {
    lines: usize,
}

// === impl Bars ===

impl Bars {
    /// Draws them over those that are there.
    pub(super) fn draw(&mut self, underway: &Underway, now: Instant) {
        let picture = picture(underway, now, window());
        let mut text = self.back();
        for line in &picture {
            text += line;
            text += "\n";
        }
        self.lines = picture.len();
        let _ = stderr().write_all(text.as_bytes());
    }

    /// Takes them away.
    pub(super) fn clear(&mut self) {
        if self.lines > 0 {
            let _ = stderr().write_all(self.back().as_bytes());
            self.lines = 0;
        }
    }

    /// Up to the first line, and nothing from there on.
    fn back(&self) -> String {
        match self.lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\r\x1b[J"),
        }
    }
}

// === private ===

/// Columns and rows of the terminal.
fn window() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(stderr());
    let size = size.ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
}

fn picture(underway: &Underway, now: Instant, (columns, rows): (usize, usize)) -> Vec<String> {
    // The cursor stands below, and a line that fills its row would begin another one.
    let (width, most) = (columns.saturating_sub(1), rows.saturating_sub(2));
    let blobs = underway.blobs.iter().take(most).map(|blob| {
        let digest = blob.descriptor.digest;
        let name: String = digest.to_string().chars().take(SHORT_DIGEST).collect();
        bar(&name, blob.reached(now), width)
    });
    let mut lines: Vec<_> = blobs.collect();
    if underway.planned_blobs > 0 {
        let name = format!(
            "{} of {} blobs",
            underway.ended_blobs, underway.planned_blobs
        );
        lines.push(bar(&name, underway.reached(now), width));
    }
    lines
}

/// A name, how much of it there is, how fast it goes, and how long it takes. The bar itself
/// takes what room is left.
fn bar(name: &str, reached: Reached, width: usize) -> String {
    let Reached {
        bytes,
        of,
        bytes_per_second,
    } = reached;
    let mut figures = format!("{} of {}", size(bytes), size(of));
    if let Some(rate) = bytes_per_second.filter(|rate| *rate > 0) {
        figures += &format!("  {}/s", size(rate));
        if let Some(seconds) = of.saturating_sub(bytes).checked_div(rate) {
            figures += &format!("  {}", time(seconds));
        }
    }
    let room = width.saturating_sub(SHORT_DIGEST + FIGURES + 6).min(WIDEST);
    let line = if room < 5 {
        format!("{name:SHORT_DIGEST$}  {figures}")
    } else {
        let full = u64::try_from(room).unwrap_or(0);
        let full = bytes.saturating_mul(full).checked_div(of).unwrap_or(full);
        let full = usize::try_from(full).unwrap_or(room).min(room);
        let (full, empty) = ("=".repeat(full), " ".repeat(room - full));
        format!("{name:SHORT_DIGEST$}  [{full}{empty}]  {figures}")
    };
    line.chars().take(width).collect()
}

fn time(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// Characters of a digest: the algorithm and as many digits as Docker shows.
const SHORT_DIGEST: usize = 19;
/// Columns that figures take.
const FIGURES: usize = 46;
const WIDEST: usize = 40;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::underway::tests::underway;
    use super::*;

    fn pictured(columns: usize, rows: usize) -> Vec<String> {
        let begin = Instant::now();
        let now = begin + Duration::from_secs(2);
        picture(&underway(begin), now, (columns, rows))
    }

    #[test]
    fn each_blob_has_a_line_and_all_of_them_one() {
        let expected = [
            "sha256:bbbbbbbbbbbb  [====    ]  1000 B of 2.0 KiB  500 B/s  2s",
            "2 of 3 blobs         [=====   ]  2.4 KiB of 3.4 KiB  800 B/s  1s",
        ];
        assert_eq!(pictured(80, 24), expected);
    }

    #[test]
    fn lines_fit_the_terminal() {
        for columns in [1, 2, 20, 40, 79, 80, 81, 200] {
            for line in pictured(columns, 24) {
                assert!(line.chars().count() < columns, "{columns}: {line}");
            }
        }
        assert_eq!(pictured(80, 2).len(), 1);
    }

    #[test]
    fn times_are_short() {
        let shown = [0, 59, 60, 3599, 3600, 90_061].map(time);
        assert_eq!(shown, ["0s", "59s", "1m00s", "59m59s", "1h00m", "25h01m"]);
    }
}
