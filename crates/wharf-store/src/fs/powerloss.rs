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
    /// (only one each where more than `pairs` things are in doubt), and a random sample.
    pub exhaustive: u32,
    /// With how many things in doubt pairs of them are still tried: their number grows
    /// with its square.
    pub pairs: usize,
    /// How many random combinations are tried at each moment where not all are.
    pub samples: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// The syncs that are taken out, to prove that a check would find them missing.
    pub ignore: Option<Ignore>,
}

/// Chooses syncs by what they are; made by [`Options::ignoring`].
#[derive(Clone)]
pub struct Ignore(Arc<dyn Fn(&SyncPoint) -> bool + Send + Sync>);

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
    States {
        log,
        options,
        model: Model::default(),
        moment: 0,
        outcomes,
        seen: HashSet::new(),
    }
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
        Self {
            ignore: Some(Ignore(Arc::new(ignore))),
            ..Self::default()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exhaustive: 10,
            pairs: 40,
            samples: 64,
            seed: 0,
            ignore: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            exhaustive,
            pairs,
            samples,
            seed,
            ignore,
        } = self;
        f.debug_struct("Options")
            .field("exhaustive", exhaustive)
            .field("pairs", pairs)
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
                self.model
                    .apply(self.log.get(self.moment)?, self.options.ignore.as_ref());
                self.moment += 1;
                self.outcomes =
                    choices::outcomes(&self.model.doubts(), self.moment, self.options).into_iter();
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fs::FileId;

    fn log(text: &str) -> Vec<Op> {
        let op = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["mkdir", path] => Op::MakeDirectory(path.into()),
            ["create", path, file] => Op::Create {
                path: path.into(),
                file: FileId(file.parse().unwrap()),
            },
            ["append", file, content] => Op::Append {
                file: FileId(file.parse().unwrap()),
                content: Bytes::copy_from_slice(content.as_bytes()),
            },
            ["fsync", file] => Op::SyncFile(FileId(file.parse().unwrap())),
            ["syncfs"] => Op::SyncEverything,
            ["sync", path] => Op::SyncDirectory(path.trim_start_matches('.').into()),
            ["rename", from, to] => Op::Rename {
                from: from.into(),
                to: to.into(),
            },
            ["unlink", path] => Op::Unlink(path.into()),
            ["rmdir", path] => Op::RemoveDirectory(path.into()),
            _ => Op::Mark(line.into()),
        };
        text.split(", ").map(op).collect()
    }

    /// What may be left after all of the log, as `path=content path=content`.
    fn check(text: &str, expect: &[&str]) {
        // A mark shows which states are of the last moment, and not found earlier.
        let log = log(&format!("{text}, last"));
        let options = Options::default();
        let states = states(&log, &options);
        let show = |state: State| {
            let file = |(path, content): (&String, &Bytes)| {
                format!(
                    "{path}={}",
                    String::from_utf8_lossy(content).replace('\0', "0")
                )
            };
            state.files.iter().map(file).collect::<Vec<_>>().join(" ")
        };
        let shown: Vec<_> = states
            .filter(|state| !state.acknowledged.is_empty())
            .map(show)
            .collect();
        let distinct: HashSet<_> = shown.iter().map(String::as_str).collect();
        assert_eq!(distinct, expect.iter().copied().collect(), "{text}");
        assert_eq!(shown.len(), distinct.len(), "{text}: the same state twice");
    }

    #[test]
    fn unsynced_content_may_be_anything() {
        check(
            "create a 0, sync ., append 0 wxyz",
            &["a=", "a=wx", "a=wxyz", "a=0000"],
        );
        check(
            "create a 0, append 0 wx, fsync 0, append 0 yz, sync .",
            &["a=wx", "a=wxy", "a=wxyz", "a=wx00"],
        );
        check("create a 0, append 0 wx, fsync 0", &["", "a=wx"]);
    }

    #[test]
    fn renames_in_a_directory_are_atomic() {
        let old = "create a 0, append 0 old, fsync 0, create t 1, append 1 new, fsync 1, sync .";
        check(&format!("{old}, rename t a"), &["a=old t=new", "a=new"]);
        check(&format!("{old}, rename t a, sync ."), &["a=new"]);
        check(
            "create t 1, append 1 new, fsync 1, rename t a",
            &["", "t=new", "a=new"],
        );
    }

    #[test]
    fn renames_between_directories_are_not() {
        let made =
            "mkdir d, mkdir e, sync ., create d/f 0, append 0 x, fsync 0, sync d, rename d/f e/f";
        check(made, &["d/f=x", "e/f=x", "d/f=x e/f=x", ""]);
        check(&format!("{made}, sync e"), &["e/f=x", "d/f=x e/f=x"]);
        check(&format!("{made}, sync d"), &["e/f=x", ""]);
    }

    #[test]
    fn directories_go_with_all_that_is_below() {
        check(
            "mkdir d, create d/f 0, append 0 x, fsync 0, sync d",
            &["", "d/f=x"],
        );
        let made = "mkdir d, sync ., create d/f 0, append 0 x, fsync 0, sync d";
        check(&format!("{made}, unlink d/f, rmdir d"), &["", "d/f=x"]);
        check(&format!("{made}, unlink d/f, rmdir d, sync ."), &[""]);
        check(
            &format!("{made}, unlink d/f, rmdir d, mkdir d, sync ."),
            &[""],
        );
        check(
            &format!("{made}, unlink d/f, rmdir d, mkdir d, create d/g 1"),
            &["", "d/f=x", "d/g="],
        );
    }

    #[test]
    fn ignored_syncs_are_not_done() {
        let log = log("create a 0, append 0 x, fsync 0, sync ., done");
        let lossy = |options: &Options| {
            states(&log, options).any(|state| {
                !state.acknowledged.is_empty() && state.files.get("a").is_none_or(|a| a != "x")
            })
        };
        assert!(!lossy(&Options::default()));
        assert!(lossy(&Options::ignoring(|sync| sync
            .covers
            .contains(&Covered::Content))));
        assert!(lossy(&Options::ignoring(|sync| sync
            .covers
            .contains(&Covered::Create))));
        assert!(!lossy(&Options::ignoring(|sync| sync
            .covers
            .contains(&Covered::Rename))));
        let covers: Vec<_> = syncs(&log)
            .into_iter()
            .map(|sync| (sync.path, sync.covers))
            .collect();
        assert_eq!(
            covers,
            [
                ("a".into(), [Covered::Content].into()),
                (String::new(), [Covered::Create].into())
            ]
        );
    }
}
