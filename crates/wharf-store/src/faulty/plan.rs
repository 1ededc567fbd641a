//! When a [`Faulty`](super::Faulty) store goes wrong, and what it has been asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Fault;
use crate::StorePath;

/// Counts the calls of a store and chooses the one that goes wrong. Clones are handles
/// to the same plan.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    state: Arc<Mutex<State>>,
}

/// One call that a store was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// Which method.
    pub operation: Operation,
    /// On what; for a publication, its target.
    pub path: StorePath,
}

/// The methods of a store and of its appenders.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// `Store::read`
    Read,
    /// `Store::open`
    Open,
    /// `Store::size`
    Size,
    /// `Store::put`
    Put,
    /// `Store::appender`
    Appender,
    /// `Store::publish`
    Publish,
    /// `Store::list`
    List,
    /// `Store::remove`
    Remove,
    /// `Store::discard`
    Discard,
    /// `Store::settle` and `Store::settle_all`
    Settle,
    /// `Store::stat`
    Stat,
    /// `Store::touch`
    Touch,
    /// `Store::remove_untouched`
    RemoveUntouched,
    /// `Store::move_untouched`; on what is moved
    MoveUntouched,
    /// `Store::prune`
    Prune,
    /// `Appender::write`
    Write,
    /// `Appender::sync`
    Sync,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    armed: Option<(usize, Fault)>,
}

// === impl FaultPlan ===

impl FaultPlan {
    /// Lets the `nth` call from now go wrong, once; 1 is the next one. It replaces what
    /// was armed before.
    pub fn arm(&self, nth: usize, fault: Fault) {
        let mut state = self.lock();
        let at = state.calls.len() + nth.saturating_sub(1);
        state.armed = Some((at, fault));
    }

    /// Lets nothing go wrong any more.
    pub fn disarm(&self) {
        self.lock().armed = None;
    }

    /// True while the fault that was armed has not come yet.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.lock().armed.is_some()
    }

    /// How many calls were made, the one that went wrong included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().calls.len()
    }

    /// The calls that were made, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Notes a call and says what is to go wrong with it.
    pub(super) fn next(&self, call: Call) -> Option<Fault> {
        let mut state = self.lock();
        let number = state.calls.len();
        state.calls.push(call);
        state
            .armed
            .take_if(|(at, _)| *at == number)
            .map(|(_, fault)| fault)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Operation ===

impl Operation {
    /// As errors call it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Open => "open",
            Self::Size | Self::Stat => "stat",
            Self::Touch => "touch",
            Self::MoveUntouched => "move",
            Self::Prune => "prune",
            Self::Put => "put",
            Self::Appender | Self::Write => "append to",
            Self::Publish => "publish to",
            Self::List => "list",
            Self::Remove | Self::Discard | Self::RemoveUntouched => "remove",
            Self::Settle => "settle",
            Self::Sync => "sync",
        }
    }
}
