//! Who makes commits. One that comes joins those that somebody has under way already, when they
//! next wait for the disk: no thread has to be woken for it, and their waits are one. Nobody
//! waits for a batch to fill, and nobody for others to come to their end.
//!
//! This holds while waiting together is quick ([`Tree::is_calm`]). Where it is not, each
//! commit has a thread, since one that waits for much must not hold up those that wait for
//! little.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::mem;
use std::num::NonZero;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::FileStore;
use super::commit::{Commit, Same};
use super::lanes::Turn;
use super::tree::Tree;
use crate::{Change, Result, StoreError, StorePath};

/// Commits that wait for someone to make them.
#[derive(Default)]
pub(super) struct Committers {
    // Guards a queue; nobody waits for the disk while holding it.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Wish>,
    at_work: usize,
}

/// A commit that someone waits for.
struct Wish {
    steps: Vec<Vec<Change>>,
    same: Same,
    /// What is there already, whose turns were let go.
    found: BTreeSet<StorePath>,
    turns: Vec<Turn>,
    answer: oneshot::Sender<Result<()>>,
}

/// A commit that waits for the disk, and who waits for it.
type UnderWay<'a> = (Commit<'a>, oneshot::Sender<Result<()>>);

/// One of those at work, until it is dropped.
struct AtWork<'a> {
    committers: &'a Committers,
    has_ended: bool,
}

// === impl FileStore ===

impl FileStore {
    /// As `Store::commit`.
    pub(super) async fn carry_out(&self, steps: Vec<Vec<Change>>, same: Same) -> Result<()> {
        let Some(first) = steps.iter().flatten().next().map(Change::place).cloned() else {
            return Ok(());
        };
        // A write that is still running would otherwise change a published object.
        let mut turns = self.turns(&steps).await;
        let found = match same {
            Same::Keep => self.let_go_done(&steps, &mut turns),
            Same::Replace => BTreeSet::new(),
        };
        let (answer, answered) = oneshot::channel();
        let wish = Wish {
            steps,
            same,
            found,
            turns,
            answer,
        };
        if self.committers.add(wish, &self.tree) {
            let store = self.clone();
            tokio::task::spawn_blocking(move || store.committers.work(&store.tree));
        }
        // Only a bug ends a commit without an answer.
        answered.await.unwrap_or_else(|error| {
            let error = io::Error::other(error);
            Err(StoreError::from_io("commit", &first, error))
        })
    }

    /// Lets go the turns at what is there already: whoever puts the same need not wait until
    /// somebody has come to our other changes.
    fn let_go_done(&self, steps: &[Vec<Change>], turns: &mut Vec<Turn>) -> BTreeSet<StorePath> {
        let done = self.tree.done_now(steps);
        turns.retain(|turn| !done.contains(turn.path()));
        done.into_iter().cloned().collect()
    }
}

// === impl Committers ===

impl Committers {
    /// True when someone has to begin to [`work`](Self::work).
    fn add(&self, wish: Wish, tree: &Tree) -> bool {
        let is_calm = tree.is_calm();
        let mut state = self.lock();
        state.waiting.push_back(wish);
        let is_needed = !is_calm || state.at_work < enough();
        state.at_work += usize::from(is_needed);
        is_needed
    }

    /// Makes commits until none waits. It blocks.
    fn work(&self, tree: &Tree) {
        let mut at_work = AtWork {
            committers: self,
            has_ended: false,
        };
        let mut under_way = Vec::new();
        while let Some(wishes) = at_work.next(tree, under_way.len()) {
            for wish in wishes {
                let prepared =
                    Commit::prepare(tree, wish.steps, wish.same, &wish.found, wish.turns);
                under_way.extend(still(prepared, wish.answer));
            }
            under_way = tree.go_on(under_way);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl AtWork ===

impl AtWork<'_> {
    /// What comes to the `under_way` others; ends when there is nothing, before anybody can add
    /// to it.
    fn next(&mut self, tree: &Tree, under_way: usize) -> Option<Vec<Wish>> {
        let most = if tree.is_calm() { BATCH } else { 1 };
        let mut state = self.committers.lock();
        let more = most.saturating_sub(under_way).min(state.waiting.len());
        if under_way == 0 && more == 0 {
            state.at_work -= 1;
            self.has_ended = true;
            return None;
        }
        Some(state.waiting.drain(..more).collect())
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // It has panicked. Who waits must not wait for somebody who may never come.
        let mut state = self.committers.lock();
        state.at_work -= 1;
        let waiting = match state.at_work {
            0 => mem::take(&mut state.waiting),
            _ => VecDeque::new(),
        };
        drop(state);
        drop(waiting);
    }
}

// === impl Tree ===

impl Tree {
    /// Waits for the disk, and takes these commits as far as the next time that they have to:
    /// those that are left. Each has an outcome of its own.
    fn go_on<'a>(&'a self, under_way: Vec<UnderWay<'a>>) -> Vec<UnderWay<'a>> {
        let needs: Vec<_> = under_way.iter().map(|(commit, _)| commit.needs()).collect();
        let synced = self.sync_each(&needs);
        drop(needs);
        under_way
            .into_iter()
            .zip(synced)
            .filter_map(|((commit, answer), synced)| still(commit.go_on(synced), answer))
            .collect()
    }
}

/// Answers a commit that has come to its end.
fn still<'a>(
    commit: Result<Option<Commit<'a>>>,
    answer: oneshot::Sender<Result<()>>,
) -> Option<UnderWay<'a>> {
    // Whoever waited may have gone.
    match commit {
        Ok(Some(commit)) => return Some((commit, answer)),
        Ok(None) => _ = answer.send(Ok(())),
        Err(error) => _ = answer.send(Err(error)),
    }
    None
}

/// How many make commits at once: while one waits for the disk, another writes.
fn enough() -> usize {
    // To be told costs reading several files of the control group.
    static ENOUGH: LazyLock<usize> = LazyLock::new(|| {
        std::thread::available_parallelism()
            .map_or(LEAST, NonZero::get)
            .max(LEAST)
    });
    *ENOUGH
}

const LEAST: usize = 2;
/// Commits that are made together at most: the first of them waits for what the others write.
const BATCH: usize = 16;
