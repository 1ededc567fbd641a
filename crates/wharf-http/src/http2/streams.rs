//! The tasks of a connection: one for each stream.

use hyper::rt::Executor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs the streams of one connection, which end with it.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: TaskTracker,
    stop: CancellationToken,
}

// === impl Streams ===

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Ends all of them.
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            stop.run_until_cancelled_owned(stream).await;
        });
    }
}
