//! Who makes commits. Those that come while all who make them are at work wait, and are then
//! made together: between two of them no thread has to be woken, and each of their waits for
//! the disk is one. Nobody waits for a batch to fill.
//!
//! This holds while waiting together is quick ([`Tree::is_calm`]). Where it is not, each
//! commit has a thread, since one that waits for much must not hold up those that wait for
//! little.

use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::FileStore;
use super::commit::{Commit, Same};
use super::lanes::Turn;
use super::tree::Tree;
use crate::{Change, Result, StoreError};

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
    turns: Vec<Turn>,
    answer: oneshot::Sender<Result<()>>,
}

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
        if same == Same::Keep {
            self.let_go_done(&steps, &mut turns);
        }
        let (answer, answered) = oneshot::channel();
        let wish = Wish {
            steps,
            same,
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
    fn let_go_done(&self, steps: &[Vec<Change>], turns: &mut Vec<Turn>) {
        let done = self.tree.done_now(steps);
        turns.retain(|turn| !done.contains(turn.path()));
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
        while let Some(batch) = at_work.next(tree) {
            tree.commit(batch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl AtWork ===

impl AtWork<'_> {
    /// What to do next; ends when there is nothing, before anybody can add to it.
    fn next(&mut self, tree: &Tree) -> Option<Vec<Wish>> {
        let most = if tree.is_calm() { BATCH } else { 1 };
        let mut state = self.committers.lock();
        let most = most.min(state.waiting.len());
        if most == 0 {
            state.at_work -= 1;
            self.has_ended = true;
            return None;
        }
        Some(state.waiting.drain(..most).collect())
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.committers.lock().at_work -= 1;
        }
    }
}

// === impl Tree ===

impl Tree {
    /// Makes these commits, each of which has an outcome of its own.
    fn commit(&self, wishes: Vec<Wish>) {
        let mut steps = Vec::with_capacity(wishes.len());
        let mut rest = Vec::with_capacity(wishes.len());
        for wish in wishes {
            steps.push(wish.steps);
            rest.push((wish.same, wish.turns, wish.answer));
        }
        let mut under_way = Vec::with_capacity(rest.len());
        for (steps, (same, turns, answer)) in steps.iter().zip(rest) {
            let prepared = Commit::prepare(self, steps, same, turns);
            under_way.extend(still(prepared, answer));
        }
        while !under_way.is_empty() {
            let needs: Vec<_> = under_way.iter().map(|(commit, _)| commit.needs()).collect();
            let synced = self.sync_each(&needs);
            under_way = under_way
                .into_iter()
                .zip(synced)
                .filter_map(|((commit, answer), synced)| still(commit.go_on(synced), answer))
                .collect();
        }
    }
}

/// Answers a commit that has come to its end.
fn still<'a>(
    commit: Result<Option<Commit<'a>>>,
    answer: oneshot::Sender<Result<()>>,
) -> Option<(Commit<'a>, oneshot::Sender<Result<()>>)> {
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
