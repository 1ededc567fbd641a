//! Trying again what failed because somebody else was changing the same key at that moment.
//! What failed for other passing reasons the library has tried again already.

use std::time::Duration;

use object_store::{Error, Result};

/// The outcome of the first attempt that was not told of a conflict (409), or of the last.
pub(crate) async fn again<T, F>(mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt().await {
            Err(Error::AlreadyExists { .. }) if pause < LAST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LAST_PAUSE: Duration = Duration::from_secs(1);
