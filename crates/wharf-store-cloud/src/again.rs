//! Trying again what failed because somebody else was changing the same key at that moment, or
//! its neighbour. What failed for other passing reasons the library has tried again already.

use std::time::Duration;

use object_store::{Error, Result};

/// The outcome of the first attempt that nobody was in the way of, or of the last.
pub(crate) async fn again<T, F>(mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt().await {
            // A conflict (409).
            Err(Error::AlreadyExists { .. }) if pause < LAST_PAUSE => {}
            // A server that keeps objects in directories, MinIO for one, denies a write (403)
            // whose directory it is removing, since the last other object in it has gone.
            Err(Error::PermissionDenied { .. }) if pause < LAST_PAUSE_IF_DENIED => {}
            done => return done,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// Who really may not write learns of it after five attempts, in 30 ms.
const LAST_PAUSE_IF_DENIED: Duration = Duration::from_millis(32);
