//! A process that runs beside the tests until it is stopped by its own pid.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::child;
use crate::command::wait;

const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running process; dropping it stops it.
#[derive(Debug)]
#[must_use]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `program` with standard output and error going to the file `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, &str)],
        log: &Path,
    ) -> Self {
        Self::start_with_input(program, arguments, environment, log, Stdio::null())
    }

    /// The same, with a standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_with_input<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, &str)],
        log: &Path,
        input: Stdio,
    ) -> Self {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log file");
        let mut command = child::command(program.as_os_str(), &arguments);
        command
            .envs(environment.iter().copied())
            .stdin(input)
            .stdout(output.try_clone().expect("a handle"))
            .stderr(output)
            .process_group(0);
        let child = child::spawn(command)
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Waits until `ready` says so.
    ///
    /// # Errors
    /// With its log, when it ends before, or is not ready in time.
    pub fn wait_until(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<(), String> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait().expect("wait for a child") {
                return Err(format!("it ended with {status}\n{}", self.log()));
            }
            if start.elapsed() > limit {
                return Err(format!("it is not ready in {limit:?}\n{}", self.log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Has it hang, and go on.
    pub fn hang(&self, is_hanging: bool) {
        self.signal(if is_hanging {
            Signal::STOP
        } else {
            Signal::CONT
        });
    }

    /// Sends SIGTERM and waits for its end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        wait(&mut self.child, STOP_LIMIT)
            .unwrap_or_else(|| panic!("SIGTERM did not end it\n{}", self.log()))
    }

    /// Sends SIGKILL: it ends without a chance to tidy up.
    ///
    /// # Panics
    /// When the kernel does not let us.
    pub fn kill(mut self) {
        self.child.kill().expect("kill our own child");
        self.child.wait().expect("wait for our own child");
    }

    /// For whoever asks why a test has failed: an answer of 500 says no more than that.
    #[expect(clippy::print_stdout, reason = "shown with the test that failed")]
    fn tell_what_went_wrong(&self) {
        const MOST_LINES: usize = 20;
        let log = self.log();
        let is_told = |line: &&str| {
            let is_bad = line.contains("level=error") || line.contains("level=warn");
            // Clients ask for what is not there all the time.
            is_bad && !line.contains("http.response.status=404")
        };
        let lines: Vec<&str> = log.lines().filter(is_told).collect();
        for line in lines.iter().rev().take(MOST_LINES).rev() {
            println!("{}: {line}", self.log.display());
        }
    }

    fn signal(&self, signal: Signal) {
        _ = rustix::process::kill_process(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell_what_went_wrong();
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            _ = wait(&mut self.child, STOP_LIMIT);
        }
    }
}
