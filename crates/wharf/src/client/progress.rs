//! What is told of images that are on their way: bars on a terminal, lines elsewhere, JSON for
//! programs, or nothing but the digest.

mod bars;
mod event;
mod rate;
mod underway;

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Error;
use serde_json::{Value, json};
use wharf_image::{Copied, Event, Progress};

use self::bars::Bars;
use self::underway::Underway;
use super::message;
use crate::cli::images::Telling;
use crate::collection::size;
use crate::terminal::{counted, say, warn};

/// Tells of one command.
pub(crate) struct Told {
    state: Arc<Mutex<State>>,
}

struct State {
    form: Form,
    /// Whether standard output is an archive: then everything is told on standard error.
    is_output_taken: bool,
    underway: Underway,
    bars: Bars,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Quiet,
    Json,
    Lines,
    Bars,
}

// === impl Told ===

impl Told {
    pub(crate) fn new(telling: Telling, is_output_taken: bool) -> Self {
        let people = match std::io::stderr().is_terminal() {
            true => Form::Bars,
            false => Form::Lines,
        };
        Self::in_form(telling, people, is_output_taken)
    }

    /// Without bars, and on standard error: standard output has something else.
    pub(crate) fn in_lines(telling: Telling) -> Self {
        Self::in_form(telling, Form::Lines, true)
    }

    fn in_form(telling: Telling, people: Form, is_output_taken: bool) -> Self {
        let form = match telling {
            Telling { quiet: true, .. } => Form::Quiet,
            Telling { json: true, .. } => Form::Json,
            Telling { .. } => people,
        };
        let state = State {
            form,
            is_output_taken,
            underway: Underway::default(),
            bars: Bars::default(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What a copy is to be given; somebody else is told, too.
    pub(crate) fn progress(&self, also: impl Fn(&Event) + Send + Sync + 'static) -> Progress {
        let state = Arc::clone(&self.state);
        Progress::new(move |event| {
            also(event);
            lock(&state).event(event);
        })
    }

    /// Shows how far it is, for as long as something is done.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let every = match lock(&self.state).form {
            Form::Bars => Some(FRAME),
            Form::Json => Some(REPORT),
            Form::Quiet | Form::Lines => None,
        };
        let Some(every) = every else {
            return work.await;
        };
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    lock(&self.state).bars.clear();
                    return done;
                }
                _ = ticks.tick() => lock(&self.state).tick(),
            }
        }
    }

    /// An image is where it was to go.
    pub(crate) fn copied(&self, from: &dyn ToString, to: &dyn ToString, copied: &Copied) {
        let state = lock(&self.state);
        let (from, to) = (from.to_string(), to.to_string());
        match state.form {
            Form::Quiet => state.say(&copied.root.digest.to_string()),
            Form::Json => state.say(&event::copied(&from, &to, copied).to_string()),
            Form::Lines | Form::Bars => lines(&from, &to, copied)
                .iter()
                .for_each(|line| state.say(line)),
        }
    }

    /// It could not be brought there, and something else comes next.
    pub(crate) fn failed(&self, from: &dyn ToString, to: &dyn ToString, error: &Error) {
        let mut state = lock(&self.state);
        let (from, to) = (from.to_string(), to.to_string());
        if state.form == Form::Json {
            let reason = message(error);
            state.say(
                &json!({"event": "failed", "from": from, "to": to, "error": reason}).to_string(),
            );
        }
        state.bars.clear();
        warn(&format!("wharf: {from}: {}", message(error)));
        state.underway.forget();
    }
}

// === impl State ===

impl State {
    fn event(&mut self, event: &Event) {
        self.underway.note(event, Instant::now());
        match self.form {
            Form::Quiet | Form::Bars => {}
            Form::Json => {
                if let Some(event) = event::json(event) {
                    self.say(&event.to_string());
                }
            }
            Form::Lines => {
                if let Some(line) = event::line(event) {
                    warn(&line);
                }
            }
        }
    }

    fn tick(&mut self) {
        match self.form {
            Form::Quiet | Form::Lines => {}
            Form::Bars => self.bars.draw(&self.underway, Instant::now()),
            Form::Json => {
                for (blob, bytes) in self.underway.changed() {
                    let event = json!({
                        "event": "progress", "digest": blob.digest, "bytes": bytes, "size": blob.size,
                    });
                    self.say(&Value::to_string(&event));
                }
            }
        }
    }

    fn say(&self, line: &str) {
        if self.is_output_taken {
            warn(line);
        } else {
            say(line);
            // A program reads it while it happens.
            let _ = std::io::stdout().flush();
        }
    }
}

/// The command is given up: what was drawn does not stay half.
impl Drop for State {
    fn drop(&mut self) {
        self.bars.clear();
    }
}

// === private ===

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came of a copy, for people.
fn lines(from: &str, to: &str, copied: &Copied) -> Vec<String> {
    let mut lines = vec![format!("copied {from} to {to}")];
    if let Some(rewritten) = &copied.rewritten {
        lines.push(format!("changed {}: {}", rewritten.from, rewritten.reason));
    }
    lines.push(format!("digest {}", copied.root.digest));
    let written = copied.stored as u64;
    let mut blobs = format!(
        "{} written ({})",
        counted(written, "blob", "blobs"),
        size(copied.bytes)
    );
    if copied.mounted > 0 {
        blobs += &format!(", {} taken from another repository there", copied.mounted);
    }
    if copied.skipped > 0 {
        blobs += &format!(", {} there already", copied.skipped);
    }
    lines.push(blobs);
    lines
}

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(100);
/// Between two reports of a blob's bytes.
const REPORT: Duration = Duration::from_millis(500);
