//! What a disk may hold after power loss, worked out from a recording of what was done
//! to it: a test checks every such state against what had been acknowledged by then.
//!
//! The model is that of POSIX, harsher than any journalled file system. The content of
//! a file is durable as of its last sync; what was appended since may be there, be
//! missing, be cut or be zeroes. The names in a directory are durable as of its last
//! sync; each change since may be there or not, in any combination. A rename inside one
//! directory is one change; between two, its halves are two. It does not model bytes
//! that rot, nor disks that lie about syncs.
//!
//! Whether a check would notice a missing sync is shown by [`Options::ignore`].

mod choices;
mod model;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;
use std::vec;

use bytes::Bytes;

use self::choices::Outcome;
use self::model::Model;
use super::recording::Op;

/// How thoroughly to look.
#[derive(Clone)]
pub struct Options {
    /// With at most two to this power combinations of what may be lost, all are tried.
    /// With more: those where at most two things are lost, or at most two of them kept
    /// (only one each where more than 40 things are in doubt), and a random sample.
    pub exhaustive: u32,
    /// How many random combinations are tried at each moment where not all are.
    pub samples: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// The syncs that are taken out, to prove that a check would find them missing.
    pub ignore: Option<Ignore>,
}

/// Chooses syncs by what they are.
pub type Ignore = Arc<dyn Fn(&SyncPoint) -> bool + Send + Sync>;

/// What a disk may hold when the power was cut at some moment.
#[derive(Clone, Debug)]
pub struct State {
    /// The files, by their path below the recording's base.
    pub files: BTreeMap<String, Bytes>,
    /// The marks made before that moment.
    pub acknowledged: Vec<String>,
    /// How many operations of the log had happened.
    pub moment: usize,
    /// What was lost, for people.
    pub lost: Vec<String>,
}

/// One sync of a recording.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncPoint {
    /// How many syncs were before it.
    pub number: usize,
    /// What was synced.
    pub path: String,
    /// What it made durable; empty when all was durable already.
    pub covers: BTreeSet<Covered>,
}

/// A kind of change that a sync makes durable.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Covered {
    /// Appended bytes.
    Content,
    /// A new file.
    Create,
    /// A new directory.
    MakeDirectory,
    /// A rename, or its half in this directory.
    Rename,
    /// A name that was removed.
    Remove,
}

/// The states, from the first moment to the last, each but once.
struct States<'a> {
    log: &'a [Op],
    options: &'a Options,
    model: Model,
    moment: usize,
    outcomes: vec::IntoIter<Outcome>,
    seen: HashSet<u64>,
}

/// All states (as far as the options go) that the disk may be in when the power is cut
/// after any operation of the log.
pub fn states<'a>(log: &'a [Op], options: &'a Options) -> impl Iterator<Item = State> + 'a {
    let outcomes = Vec::new().into_iter();
    States { log, options, model: Model::default(), moment: 0, outcomes, seen: HashSet::new() }
}

/// All syncs of the log, to choose those to ignore.
#[must_use]
pub fn syncs(log: &[Op]) -> Vec<SyncPoint> {
    let mut model = Model::default();
    for op in log {
        model.apply(op, None);
    }
    model.syncs
}

// === impl Options ===

impl Options {
    /// The default, with some syncs taken out.
    pub fn ignoring(ignore: impl Fn(&SyncPoint) -> bool + Send + Sync + 'static) -> Self {
        Self { ignore: Some(Arc::new(ignore)), ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { exhaustive: 10, samples: 64, seed: 0, ignore: None }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exhaustive, samples, seed, ignore } = self;
        f.debug_struct("Options")
            .field("exhaustive", exhaustive)
            .field("samples", samples)
            .field("seed", seed)
            .field("ignore", &ignore.is_some())
            .finish()
    }
}

// === impl States ===

impl Iterator for States<'_> {
    type Item = State;

    fn next(&mut self) -> Option<State> {
        loop {
            let Some(outcome) = self.outcomes.next() else {
                self.model.apply(self.log.get(self.moment)?, self.options.ignore.as_ref());
                self.moment += 1;
                self.outcomes = choices::outcomes(&self.model.doubts(), self.moment, self.options).into_iter();
                continue;
            };
            let (hash, files) = self.model.files_after(&outcome);
            if self.seen.insert(hash) {
                return Some(State {
                    files,
                    acknowledged: self.model.marks.clone(),
                    moment: self.moment,
                    lost: self.model.describe(&outcome),
                });
            }
        }
    }
}
