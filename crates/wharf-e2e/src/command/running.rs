//! A program that runs: it does not outlive what started it.

use std::fs::File;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::output::{Output, shown};

/// It.
#[must_use]
pub struct Running {
    child: Child,
    line: String,
    limit: Duration,
    stdout: File,
    stderr: File,
}

// === impl Running ===

impl Running {
    pub(super) const fn new(
        child: Child,
        line: String,
        limit: Duration,
        stdout: File,
        stderr: File,
    ) -> Self {
        Self {
            child,
            line,
            limit,
            stdout,
            stderr,
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it takes too long.
    #[must_use]
    pub fn ended(mut self) -> (ExitStatus, Output) {
        let status = wait(&mut self.child, self.limit);
        let output = Output::read(&mut self.stdout, &mut self.stderr);
        let Some(status) = status else {
            let (line, limit) = (&self.line, self.limit.as_secs());
            panic!("`{line}` did not end within {limit} s\n{}", shown(&output));
        };
        (status, output)
    }

    /// Sends SIGINT when something has come about, and waits for its end.
    ///
    /// # Panics
    /// When that does not come about, or it takes too long.
    #[must_use]
    pub fn interrupted_when(self, is_time: impl Fn() -> bool) -> (ExitStatus, Output) {
        let start = Instant::now();
        while !is_time() {
            assert!(
                start.elapsed() < self.limit,
                "`{}`: it is never time",
                self.line
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            end_group(&mut self.child);
        }
    }
}

/// Waits for a child, ends it and its group when the time is over.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().expect("wait for a child") {
            return Some(status);
        }
        if start.elapsed() > limit {
            end_group(child);
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(20));
    }
}

// === private ===

fn end_group(child: &mut Child) {
    _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    _ = child.wait();
}
