//! `--explain`: every request as a `curl` command that does the same. All of it is a script for
//! bash, whose comments say what happens and what came back.

mod answer;
mod command;
mod documents;
mod options;
mod shell;
#[cfg(test)]
mod tests;
mod title;
mod variables;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_client::{ClientSettings, Exchange, Observer};
use wharf_spec::Descriptor;

use self::documents::Documents;
use self::options::Options;
use self::variables::Variables;
use crate::terminal::{say, warn};

/// Explains the requests of one command.
#[derive(Clone)]
pub(crate) struct Explanation {
    state: Arc<Mutex<State>>,
}

/// What was explained so far.
struct State {
    tell: fn(&str),
    steps: usize,
    documents: Documents,
    variables: Variables,
}

// === impl Explanation ===

impl Explanation {
    /// One on standard output.
    pub(crate) fn new() -> Self {
        Self::by(say)
    }

    /// One on standard error, where standard output is something else.
    pub(crate) fn aside() -> Self {
        Self::by(warn)
    }

    /// Listens to all clients that these settings are given to.
    pub(crate) fn listen(&self, settings: &mut ClientSettings) {
        let options = Options::of(settings);
        let (state, other) = (Arc::clone(&self.state), Arc::clone(&self.state));
        let observer = Observer::new(move |exchange| {
            lock(&state).explain(exchange, &options.for_exchange(exchange));
        });
        let observer = observer.with_manifests(move |fetched| {
            lock(&other).documents.read(fetched);
        });
        settings.observer = Some(observer);
        // One command for a blob is enough.
        settings.pieces.at_once = 1;
    }

    /// Where the bytes are that are pushed, in files with the hexadecimal digits of their
    /// digests for names.
    pub(crate) fn blobs_in(&self, directory: &Path) {
        lock(&self.state).variables.blobs_in(directory);
    }

    /// What a blob is that is to be pushed.
    pub(crate) fn learn(&self, descriptor: &Descriptor) {
        lock(&self.state).documents.learn(descriptor);
    }

    fn by(tell: fn(&str)) -> Self {
        let state = State {
            tell,
            steps: 0,
            documents: Documents::default(),
            variables: Variables::default(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }
}

// === impl State ===

impl State {
    fn explain(&mut self, exchange: &Exchange, options: &[String]) {
        (self.tell)(&self.lines(exchange, options).join("\n"));
    }

    fn lines(&mut self, exchange: &Exchange, options: &[String]) -> Vec<String> {
        let answer = answer::line(exchange);
        if exchange.redirects > 0 {
            // What -L does.
            let host = shell::host(&exchange.url);
            return vec![shell::comment(&format!("   from {host}: {answer}"))];
        }
        self.steps += 1;
        let title = title::of(exchange, &self.documents);
        let mut lines = vec![shell::comment(&format!("{}. {title}", self.steps))];
        lines.extend(self.variables.needed(exchange));
        let command = command::Command {
            exchange,
            options,
            variables: &mut self.variables,
            documents: &self.documents,
        };
        lines.extend(command.lines());
        lines.push(shell::comment(&format!("   {answer}")));
        lines
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
