//! Starting processes that never outlive the tests.
//!
//! `Drop` stops them in the ordinary case. When the test process itself is killed no `Drop`
//! runs, so the kernel is asked (`PR_SET_PDEATHSIG`, by util-linux's `setpriv`) to end them with
//! it. The signal is sent when the *thread* that started the child ends, and threads of tests
//! end early: one thread that lives as long as the process starts them all.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::tool::tool;

type Job = (Command, SyncSender<io::Result<Child>>);

/// A command that will get SIGTERM when the tests end without stopping it.
pub(crate) fn command(program: &OsStr, arguments: &[OsString]) -> Command {
    let mut command = Command::new(tool("setpriv"));
    command
        .args(["--pdeathsig", "TERM", "--"])
        .arg(program)
        .args(arguments);
    command
}

/// Starts it from the thread that never ends.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = sync_channel(1);
    keeper().send((command, reply)).expect("the keeper lives");
    answer.recv().expect("the keeper answers")
}

fn keeper() -> &'static SyncSender<Job> {
    static KEEPER: OnceLock<SyncSender<Job>> = OnceLock::new();
    KEEPER.get_or_init(|| {
        let (jobs, queue) = sync_channel::<Job>(1);
        std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || {
                for (mut command, reply) in queue {
                    _ = reply.send(command.spawn());
                }
            })
            .expect("a thread");
        jobs
    })
}
