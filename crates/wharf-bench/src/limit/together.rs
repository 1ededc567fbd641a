//! One `syncfs` for all who wait for the disk at the same moment.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

/// Those who wait.
pub(super) struct Together {
    root: File,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    is_running: bool,
    /// How many have ended.
    rounds: u64,
}

// === impl Together ===

impl Together {
    /// On the filesystem of this directory.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            root: File::open(directory)?,
            state: Mutex::default(),
            moved: Condvar::new(),
        })
    }

    /// Returns when everything that was done before is durable.
    pub(super) fn wait(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // One that runs already may have passed over what was done just now.
        let enough = state.rounds + 1 + u64::from(state.is_running);
        while state.rounds < enough {
            if state.is_running {
                let moved = self.moved.wait(state);
                state = moved.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_running = true;
            drop(state);
            let synced = self.sync();
            state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_running = false;
            state.rounds += 1;
            self.moved.notify_all();
            synced?;
        }
        Ok(())
    }

    /// `syncfs` of ext4 without a journal flushes the disk's cache too early; `fsync` does it
    /// once more.
    fn sync(&self) -> io::Result<()> {
        rustix::fs::syncfs(&self.root)?;
        Ok(rustix::fs::fsync(&self.root)?)
    }
}
