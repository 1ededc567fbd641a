//! What a check said last, and whether that counts.

/// The state of one check.
#[derive(Debug)]
pub(super) struct Status {
    threshold: u32,
    /// Failures in a row.
    failures: u32,
    /// Why the last one failed.
    error: String,
}

/// A check has changed sides.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// It has failed often enough.
    Failed(String),
    /// It is well again.
    Recovered,
}

// === impl Status ===

impl Status {
    pub(super) fn new(threshold: u32) -> Self {
        Self {
            threshold: threshold.max(1),
            failures: 0,
            error: String::new(),
        }
    }

    /// Takes an answer.
    pub(super) fn note(&mut self, answer: Result<(), String>) -> Option<Change> {
        let failed = self.failure().is_some();
        match answer {
            Ok(()) => {
                self.failures = 0;
                failed.then_some(Change::Recovered)
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                self.error = error;
                let why = self.failure().map(str::to_owned);
                why.filter(|_| !failed).map(Change::Failed)
            }
        }
    }

    /// Why it fails, if it does.
    pub(super) fn failure(&self) -> Option<&str> {
        (self.failures >= self.threshold).then_some(self.error.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail() -> Result<(), String> {
        Err("why".to_owned())
    }

    #[test]
    fn failures_count_in_a_row_only() {
        let mut status = Status::new(3);
        for answer in [fail(), fail(), Ok(()), fail(), fail()] {
            assert_eq!(status.note(answer), None);
            assert_eq!(status.failure(), None);
        }
        assert_eq!(status.note(fail()), Some(Change::Failed("why".to_owned())));
        assert_eq!(status.note(fail()), None);
        assert_eq!(status.failure(), Some("why"));
        assert_eq!(status.note(Ok(())), Some(Change::Recovered));
        assert_eq!(status.failure(), None);
    }

    #[test]
    fn without_a_threshold_the_first_failure_counts() {
        for threshold in [0, 1] {
            let mut status = Status::new(threshold);
            assert_eq!(status.note(fail()), Some(Change::Failed("why".to_owned())));
        }
    }
}
