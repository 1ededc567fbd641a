//! Clients that ask all the time, and count what goes wrong.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::client::{Client, Habit};

const TIME_LIMIT: Duration = Duration::from_secs(60);
/// A push waits for the disk several times.
const PUSHES: usize = 12;

/// What they ask for.
pub(super) struct Load {
    pub(super) address: String,
    /// The bytes of `swap/app:1`.
    pub(super) manifest: Vec<u8>,
    /// A blob of `swap/app`, by its digest.
    pub(super) blob: (String, Vec<u8>),
    /// Small ones, by their digests.
    pub(super) pushed: Vec<(String, Vec<u8>)>,
    pub(super) counts: Counts,
}

/// What became of it.
#[derive(Default)]
pub(super) struct Counts {
    over: AtomicBool,
    done: AtomicUsize,
    pub(super) fresh: AtomicUsize,
    pub(super) retried: AtomicUsize,
    pub(super) pushes: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

#[derive(Clone, Copy)]
enum Wish {
    Manifest,
    Blob,
    Push,
}

/// Ends the load, also when the test panics.
pub(super) struct Over<'a>(pub(super) &'a Counts);

// === impl Load ===

impl Load {
    /// Each kind of request by a client that keeps its connection and by one that does not.
    pub(super) fn start<'s>(&'s self, scope: &'s Scope<'s, '_>) {
        for wish in [Wish::Manifest, Wish::Blob, Wish::Push] {
            for habit in [Habit::Keeps, Habit::Opens] {
                scope.spawn(move || self.run(wish, habit));
            }
        }
    }

    fn run(&self, wish: Wish, habit: Habit) {
        let counts = &self.counts;
        let mut client = Client::new(&self.address, habit);
        while !counts.over.load(Ordering::Relaxed) {
            if let Err(failure) = self.ask(wish, &mut client) {
                counts.locked().push(failure);
            }
            counts.done.fetch_add(1, Ordering::Relaxed);
            if habit == Habit::Opens {
                counts.fresh.fetch_add(1, Ordering::Relaxed);
            }
        }
        counts.retried.fetch_add(client.retried, Ordering::Relaxed);
    }

    fn ask(&self, wish: Wish, client: &mut Client) -> Result<(), String> {
        let get = |client: &mut Client, target: &str, expected: &[u8]| {
            let line = format!("GET {target}");
            let answer = client.ask(&line, &[])?;
            match answer.status {
                200 if answer.body == expected => Ok(()),
                200 => Err(format!("{line}: other bytes")),
                status => Err(format!("{line}: {status}")),
            }
        };
        match wish {
            Wish::Manifest => get(client, "/v2/swap/app/manifests/1", &self.manifest),
            Wish::Blob => {
                let (digest, bytes) = &self.blob;
                get(client, &format!("/v2/swap/app/blobs/{digest}"), bytes)
            }
            Wish::Push => {
                let number = self.counts.pushes.fetch_add(1, Ordering::Relaxed);
                let (target, digest, bytes) = self.push(number);
                let line = format!("POST {target}/uploads/?digest={digest}");
                match client.ask(&line, bytes)?.status {
                    201 => Ok(()),
                    status => Err(format!("{line}: {status}")),
                }
            }
        }
    }

    /// Nobody else pushes that one there.
    fn push(&self, number: usize) -> (String, &str, &[u8]) {
        let (digest, bytes) = &self.pushed[number % self.pushed.len()];
        (format!("/v2/swap/push-{number}/blobs"), digest, bytes)
    }

    /// Everything that was pushed is there.
    pub(super) fn check_pushed(&self) {
        let mut client = Client::new(&self.address, Habit::Keeps);
        for number in 0..self.counts.pushes.load(Ordering::Relaxed) {
            let (target, digest, bytes) = self.push(number);
            let line = format!("GET {target}/{digest}");
            let answer = client.ask(&line, &[]).unwrap();
            assert_eq!(answer.status, 200, "{line}");
            assert!(answer.body == bytes, "{line}");
        }
    }
}

// === impl Counts ===

impl Counts {
    pub(super) fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    fn pushes(&self) -> usize {
        self.pushes.load(Ordering::Relaxed)
    }

    /// Waits until there have been so many more, and some pushes among them.
    pub(super) fn wait_for(&self, more: usize) {
        let start = Instant::now();
        let (done, pushes) = (self.done(), self.pushes());
        while self.done() < done + more || self.pushes() < pushes + PUSHES {
            assert!(start.elapsed() < TIME_LIMIT, "{:?}", self.failures());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn failures(&self) -> Vec<String> {
        self.locked().clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Over ===

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}
