//! Running a client to its end, with a time limit, and telling everything when it fails.

mod output;
mod running;

use std::ffi::{OsStr, OsString};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

pub use self::output::Output;
pub use self::running::Running;
pub(crate) use self::running::wait;

use self::output::story;
use crate::child;
use crate::tool::tool;

const TIME_LIMIT: Duration = Duration::from_secs(120);

/// One run of one program.
#[must_use]
pub struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    directory: Option<PathBuf>,
    input: Vec<u8>,
    limit: Duration,
}

// === impl Run ===

impl Run {
    /// A tool found by name: see [`tool`].
    pub fn tool(name: &str) -> Self {
        Self::program(tool(name))
    }

    /// A program at a path.
    pub fn program(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
            input: Vec::new(),
            limit: TIME_LIMIT,
        }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter();
        self.arguments
            .extend(arguments.map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Arguments separated by white space, for lines that read like a shell's.
    pub fn words(self, words: &str) -> Self {
        self.args(words.split_whitespace())
    }

    /// One environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.into(), Some(value.as_ref().to_owned())));
        self
    }

    /// A variable of these tests' own environment that it does not get.
    pub fn without(mut self, name: &str) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// The directory to run in.
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// What it reads on standard input.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// More time than the usual two minutes.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; it has to succeed.
    ///
    /// # Panics
    /// When it fails or takes too long.
    pub fn ok(self) -> Output {
        let line = self.line();
        let (status, output) = self.ended();
        assert!(status.success(), "{}", story(&line, status, &output));
        output
    }

    /// Runs it; it has to end with this code.
    ///
    /// # Panics
    /// When it ends with another one, or takes too long.
    pub fn exits(self, code: i32) -> Output {
        let line = self.line();
        let (status, output) = self.ended();
        assert_eq!(
            status.code(),
            Some(code),
            "{}",
            story(&line, status, &output)
        );
        output
    }

    /// Runs it; it has to fail.
    ///
    /// # Panics
    /// When it succeeds or takes too long.
    pub fn fails(self) -> Output {
        let line = self.line();
        let (status, output) = self.ended();
        assert!(!status.success(), "{}", story(&line, status, &output));
        output
    }

    /// Runs it and tells whether it succeeded, for probes.
    #[must_use]
    pub fn succeeds(self) -> bool {
        self.ended().0.success()
    }

    /// Runs it, whatever comes of it.
    ///
    /// # Panics
    /// When it takes too long.
    #[must_use]
    pub fn ended(self) -> (ExitStatus, Output) {
        self.start().ended()
    }

    /// Starts it.
    ///
    /// # Panics
    /// When there is no such program.
    pub fn start(self) -> Running {
        let line = self.line();
        // Files instead of pipes: a grandchild that keeps a pipe open cannot hold us.
        let stdout = tempfile::tempfile().expect("a file for standard output");
        let stderr = tempfile::tempfile().expect("a file for standard error");
        let mut stdin = tempfile::tempfile().expect("a file for standard input");
        stdin.write_all(&self.input).expect("write the input");
        stdin.seek(SeekFrom::Start(0)).expect("rewind the input");

        let mut command = child::command(self.program.as_os_str(), &self.arguments);
        command
            .stdin(stdin)
            .stdout(stdout.try_clone().expect("a handle"))
            .stderr(stderr.try_clone().expect("a handle"))
            .process_group(0);
        for (name, value) in self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        let child =
            child::spawn(command).unwrap_or_else(|error| panic!("cannot start `{line}`: {error}"));
        Running::new(child, line, self.limit, stdout, stderr)
    }

    fn line(&self) -> String {
        let program = self.program.as_os_str();
        std::iter::once(program)
            .chain(self.arguments.iter().map(OsString::as_os_str))
            .map(OsStr::to_string_lossy)
            .collect::<Vec<_>>()
            .join(" ")
    }
}
