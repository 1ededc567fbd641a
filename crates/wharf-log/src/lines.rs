//! A log's lines on their way out, on a thread of their own: a reader of the log that stops
//! reading must not stop the server.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where the lines of a log go. Cloning it gives the same log, which ends when the last
/// clone is dropped.
#[derive(Clone)]
pub struct Lines {
    owner: Arc<Owner>,
}

/// A line was left out, since too many are waiting, or since the log has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dropped {
    /// How many lines were left out so far.
    pub total: u64,
}

struct Owner {
    queue: Arc<Queue>,
}

struct Queue {
    /// Bytes that may wait.
    limit: usize,
    // Guards what is waiting; never held while something is written.
    state: Mutex<State>,
    /// There is something to write, or the log ends.
    changed: Condvar,
    /// Everything was written.
    ended: Condvar,
}

struct State {
    waiting: Vec<u8>,
    dropped: u64,
    life: Life,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Life {
    Open,
    Closing,
    Ended,
}

// === impl Lines ===

impl Lines {
    /// A log that writes to `output`, of which at most `limit` bytes wait. The thread that
    /// writes is called `name`.
    ///
    /// # Errors
    /// When the thread does not start.
    pub fn new(name: &str, output: impl Write + Send + 'static, limit: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            limit,
            state: Mutex::new(State {
                waiting: Vec::new(),
                dropped: 0,
                life: Life::Open,
            }),
            changed: Condvar::new(),
            ended: Condvar::new(),
        });
        let writing = Arc::clone(&queue);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || writing.write_all(output))?;
        Ok(Self {
            owner: Arc::new(Owner { queue }),
        })
    }

    /// Hands over a line, which ends in a line feed. Never waits for the output.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn push(&self, line: &[u8]) -> Result<(), Dropped> {
        let queue = &self.owner.queue;
        let mut state = queue.state();
        if state.life != Life::Open || state.waiting.len() + line.len() > queue.limit {
            state.dropped += 1;
            return Err(Dropped {
                total: state.dropped,
            });
        }
        let idle = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if idle {
            queue.changed.notify_one();
        }
        Ok(())
    }

    /// Writes what is still waiting, and ends; later lines are dropped. False when the
    /// output did not take it all for as long as `patience`: then the rest is given up.
    pub fn close(&self, patience: Duration) -> bool {
        let queue = &self.owner.queue;
        queue.end();
        let state = queue.state();
        let waited = queue
            .ended
            .wait_timeout_while(state, patience, |state| state.life != Life::Ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.life == Life::Ended
    }
}

// === impl Owner ===

impl Drop for Owner {
    fn drop(&mut self) {
        self.queue.end();
    }
}

// === impl Queue ===

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        let mut state = self.state();
        if state.life == Life::Open {
            state.life = Life::Closing;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Writes until the log ends.
    fn write_all(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        loop {
            let state = self.state();
            let waited = self.changed.wait_while(state, |state| {
                state.waiting.is_empty() && state.life == Life::Open
            });
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            if state.waiting.is_empty() {
                state.life = Life::Ended;
                drop(state);
                self.ended.notify_all();
                return;
            }
            std::mem::swap(&mut state.waiting, &mut batch);
            drop(state);
            // A log that cannot be written must not stop the server.
            let _ = write(&mut output, &batch);
            batch.clear();
            // The memory of a burst is given back.
            batch.shrink_to(USUAL);
        }
    }
}

/// As `write_all`, also where somebody has made the output non-blocking.
fn write(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(AGAIN);
            }
            Err(error) => return Err(error),
        }
    }
    output.flush()
}

/// Bytes that a quiet log has at once.
const USUAL: usize = 64 << 10;
/// Until a full pipe is looked at again.
const AGAIN: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes a write only when it is told to.
    struct Slow {
        started: Sender<()>,
        go: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.started.send(()).unwrap();
            match self.go.recv() {
                Ok(()) => {
                    self.written.send(bytes.to_vec()).unwrap();
                    Ok(bytes.len())
                }
                Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_that_has_stopped() {
        let ((started, is_writing), (may_write, go), (written, lines)) =
            (channel(), channel(), channel());
        let output = Slow {
            started,
            go,
            written,
        };
        let log = Lines::new("test", output, 10).unwrap();
        log.push(b"1\n").unwrap();
        is_writing.recv().unwrap();
        // The first line is in the writer's hands; ten bytes more may wait.
        for line in [b"2\n", b"3\n", b"4\n", b"5\n", b"6\n"] {
            log.push(line).unwrap();
        }
        assert_eq!(log.push(b"7\n"), Err(Dropped { total: 1 }));
        assert_eq!(log.push(b"8\n"), Err(Dropped { total: 2 }));
        assert!(!log.close(Duration::ZERO));
        assert_eq!(log.push(b"9\n"), Err(Dropped { total: 3 }));
        for _ in 0..2 {
            may_write.send(()).unwrap();
        }
        assert!(log.close(Duration::from_secs(60)));
        let lines: Vec<u8> = lines.try_iter().flatten().collect();
        assert_eq!(lines, b"1\n2\n3\n4\n5\n6\n");
    }

    #[test]
    fn what_was_handed_over_is_written_when_the_log_is_dropped() {
        let ((started, _started), (may_write, go), (written, lines)) =
            (channel(), channel(), channel());
        may_write.send(()).unwrap();
        let output = Slow {
            started,
            go,
            written,
        };
        let log = Lines::new("test", output, 100).unwrap();
        log.clone().push(b"last\n").unwrap();
        drop(log);
        assert_eq!(lines.recv().unwrap(), b"last\n");
        // The thread is gone, and its end of the channel with it.
        assert!(lines.recv().is_err());
    }

    #[test]
    fn an_output_that_would_block_is_tried_again() {
        struct Shy(Vec<u8>, bool, Sender<Vec<u8>>);
        impl Write for Shy {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                self.0.extend(&bytes[..1]);
                Ok(1)
            }
            fn flush(&mut self) -> io::Result<()> {
                self.2.send(self.0.clone()).unwrap();
                Ok(())
            }
        }
        let (written, lines) = channel();
        let log = Lines::new("test", Shy(Vec::new(), false, written), 100).unwrap();
        log.push(b"abc\n").unwrap();
        assert_eq!(lines.recv().unwrap(), b"abc\n");
    }
}
