//! Running a client to its end, with a time limit, and telling everything when it fails.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use crate::child;
use crate::tool::tool;

const TIME_LIMIT: Duration = Duration::from_secs(120);

/// One run of one program.
#[must_use]
pub struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    input: Vec<u8>,
    limit: Duration,
}

/// What a program wrote.
#[derive(Debug)]
pub struct Output {
    /// Standard output, as it came.
    pub stdout: Vec<u8>,
    /// Standard error, for people.
    pub stderr: String,
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
            .push((name.into(), value.as_ref().to_owned()));
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
        let (status, output) = self.finish();
        assert!(status.success(), "{}", story(&line, status, &output));
        output
    }

    /// Runs it; it has to fail.
    ///
    /// # Panics
    /// When it succeeds or takes too long.
    pub fn fails(self) -> Output {
        let line = self.line();
        let (status, output) = self.finish();
        assert!(!status.success(), "{}", story(&line, status, &output));
        output
    }

    /// Runs it and tells whether it succeeded, for probes.
    #[must_use]
    pub fn succeeds(self) -> bool {
        self.finish().0.success()
    }

    /// Files instead of pipes: a grandchild that keeps a pipe open cannot hold us.
    fn finish(self) -> (ExitStatus, Output) {
        let line = self.line();
        let mut stdout = tempfile::tempfile().expect("a file for standard output");
        let mut stderr = tempfile::tempfile().expect("a file for standard error");
        let mut stdin = tempfile::tempfile().expect("a file for standard input");
        stdin.write_all(&self.input).expect("write the input");
        stdin.seek(SeekFrom::Start(0)).expect("rewind the input");

        let mut command = child::command(self.program.as_os_str(), &self.arguments);
        command
            .envs(self.environment)
            .stdin(stdin)
            .stdout(stdout.try_clone().expect("a handle"))
            .stderr(stderr.try_clone().expect("a handle"))
            .process_group(0);
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        let mut child =
            child::spawn(command).unwrap_or_else(|error| panic!("cannot start `{line}`: {error}"));
        let status = wait(&mut child, self.limit);
        let output = Output {
            stdout: content(&mut stdout),
            stderr: String::from_utf8_lossy(&content(&mut stderr)).into_owned(),
        };
        let Some(status) = status else {
            let limit = self.limit.as_secs();
            let told = format!("`{line}` did not end within {limit} s");
            panic!("{told}\n{}", shown(&output));
        };
        (status, output)
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

// === impl Output ===

impl Output {
    /// Standard output as text, without the white space around it.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }

    /// The lines of standard output.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}):\n{}", self.text()))
    }

    /// Whether either output holds the text.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        self.stderr.contains(text) || self.text().contains(text)
    }
}

/// Waits for a child, ends it and its group when the time is over.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().expect("wait for a child") {
            return Some(status);
        }
        if start.elapsed() > limit {
            let group = rustix::process::Pid::from_child(child);
            _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            _ = child.wait();
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(20));
    }
}

fn story(line: &str, status: ExitStatus, output: &Output) -> String {
    format!("`{line}` ended with {status}\n{}", shown(output))
}

fn shown(output: &Output) -> String {
    let stdout = output.text();
    format!("--- stdout\n{stdout}\n--- stderr\n{}", output.stderr)
}

fn content(file: &mut File) -> Vec<u8> {
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("rewind the output");
    file.read_to_end(&mut content).expect("read the output");
    content
}
