//! Processes that tests start.
//!
//! Until a child has become another program it holds all of our sockets. A listener that is
//! closed meanwhile still gets connections, and loses them.

use std::process::{Command, Output, Stdio};

use tokio::sync::{Mutex, MutexGuard};

static STARTING: Mutex<()> = Mutex::const_new(());

/// Runs a process to its end.
pub(crate) fn output(command: &mut Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = {
        let _turn = STARTING.blocking_lock();
        command.spawn().unwrap()
    };
    child.wait_with_output().unwrap()
}

/// No process is started as long as this is held.
pub(crate) async fn none_starts() -> MutexGuard<'static, ()> {
    STARTING.lock().await
}
