//! How long the store takes.
// distribution: registry/storage/driver/base/base.go

use std::time::Duration;

use ::metrics::{Histogram, Recorder};
use wharf_store::{Operation, StoreObserver};

use super::{METADATA, key};

/// Observes a store (see [`wharf_store::Observed`]).
pub struct StoreMetrics {
    read: Histogram,
    open: Histogram,
    size: Histogram,
    put: Histogram,
    appender: Histogram,
    publish: Histogram,
    list: Histogram,
    remove: Histogram,
    settle: Histogram,
    write: Histogram,
    sync: Histogram,
    touch: Histogram,
}

// === impl StoreMetrics ===

impl StoreMetrics {
    pub(super) fn new(recorder: &impl Recorder, driver: &str) -> Self {
        let timer = |operation| {
            let labels = [
                ("action", action(operation).into()),
                ("driver", driver.to_owned().into()),
            ];
            recorder.register_histogram(&key(ACTION, labels), &METADATA)
        };
        Self {
            read: timer(Operation::Read),
            open: timer(Operation::Open),
            size: timer(Operation::Size),
            put: timer(Operation::Put),
            appender: timer(Operation::Appender),
            publish: timer(Operation::Publish),
            list: timer(Operation::List),
            remove: timer(Operation::Remove),
            settle: timer(Operation::Settle),
            write: timer(Operation::Write),
            sync: timer(Operation::Sync),
            touch: timer(Operation::Touch),
        }
    }
}

impl StoreObserver for StoreMetrics {
    fn done(&self, operation: Operation, took: Duration) {
        let timer = match operation {
            Operation::Read => &self.read,
            Operation::Open => &self.open,
            Operation::Size | Operation::Stat => &self.size,
            Operation::Put => &self.put,
            Operation::Appender => &self.appender,
            Operation::Publish | Operation::MoveUntouched => &self.publish,
            Operation::List => &self.list,
            Operation::Remove
            | Operation::Discard
            | Operation::RemoveUntouched
            | Operation::Prune => &self.remove,
            Operation::Settle => &self.settle,
            Operation::Write => &self.write,
            Operation::Sync => &self.sync,
            Operation::Touch => &self.touch,
        };
        timer.record(took);
    }
}

pub(super) fn describe(recorder: &impl Recorder) {
    let help = "Seconds that a call of the storage driver takes.";
    recorder.describe_histogram(ACTION.into(), None, help.into());
}

/// distribution's names of the calls that it times, and of the same kind for the others.
const fn action(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "GetContent",
        Operation::Put => "PutContent",
        Operation::Size | Operation::Stat => "Stat",
        Operation::List => "List",
        Operation::Publish | Operation::MoveUntouched => "Move",
        Operation::Remove | Operation::Discard | Operation::RemoveUntouched | Operation::Prune => {
            "Delete"
        }
        Operation::Open => "Reader",
        Operation::Appender => "Writer",
        Operation::Write => "Write",
        Operation::Sync => "Sync",
        Operation::Settle => "Settle",
        Operation::Touch => "Touch",
    }
}

pub(super) const ACTION: &str = "registry_storage_action_seconds";
/// Those of the Go client when nothing is said.
pub(super) const ACTION_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
