//! What a program wrote, and what is shown of it when it fails.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::ExitStatus;

/// What a program wrote.
#[derive(Debug)]
pub struct Output {
    /// Standard output, as it came.
    pub stdout: Vec<u8>,
    /// Standard error, for people.
    pub stderr: String,
}

// === impl Output ===

impl Output {
    pub(super) fn read(stdout: &mut File, stderr: &mut File) -> Self {
        Self {
            stdout: content(stdout),
            stderr: String::from_utf8_lossy(&content(stderr)).into_owned(),
        }
    }

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

pub(super) fn story(line: &str, status: ExitStatus, output: &Output) -> String {
    format!("`{line}` ended with {status}\n{}", shown(output))
}

pub(super) fn shown(output: &Output) -> String {
    let stdout = output.text();
    format!("--- stdout\n{stdout}\n--- stderr\n{}", output.stderr)
}

fn content(file: &mut File) -> Vec<u8> {
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("rewind the output");
    file.read_to_end(&mut content).expect("read the output");
    content
}
