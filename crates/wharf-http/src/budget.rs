//! A bound on what all requests together hold in memory.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be held at once.
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// Bytes taken from a budget, until it is dropped.
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

// === impl Budget ===

impl Budget {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
        }
    }

    /// A share that holds nothing yet.
    pub(crate) const fn share(&self) -> Share<'_> {
        Share {
            budget: self,
            bytes: 0,
        }
    }
}

// === impl Share ===

impl Share<'_> {
    /// Takes more; false when there is no more to take.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let taken = self
            .budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        let budget = Budget::new(10);
        let mut share = budget.share();
        assert!(share.grow(6) && share.grow(4) && !share.grow(1));
        drop(share);
        assert!(budget.share().grow(10));
    }
}
