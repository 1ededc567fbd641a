//! `wharf` as a client: what it copies, from where to where, and what it says.

mod archives;
mod copies;
mod cuts;
mod documented;
mod engines;
mod exits;
mod explain;
mod interrupted;
mod login;
mod peers;
mod told;

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_e2e::command::{Output, Run, Running};
use wharf_e2e::publish::{OCI_IMAGE, descriptor};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Server, wharf};
use wharf_e2e::{digest, noise};

/// What a command came to.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A place to run commands in, without anybody's credentials.
struct Client {
    scratch: Scratch,
    variables: Vec<(&'static str, String)>,
}

// === impl Done ===

impl Done {
    fn of((status, output): (ExitStatus, Output)) -> Self {
        Self {
            code: status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: output.stderr,
        }
    }
}

// === impl Client ===

impl Client {
    fn new() -> Self {
        Self {
            scratch: Scratch::new(),
            variables: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn command(&self, program: impl AsRef<Path>) -> Run {
        let run = Run::program(program.as_ref())
            .limit(LIMIT)
            .directory(self.path())
            .env("HOME", self.path())
            .env("DOCKER_CONFIG", self.path())
            .without("DOCKER_HOST")
            .without("REGISTRY_AUTH_FILE")
            .without("XDG_RUNTIME_DIR");
        let variables = self.variables.iter();
        variables.fold(run, |run, (name, value)| run.env(name, value))
    }

    /// `wharf …`, with words between spaces.
    fn run(&self, line: &str) -> Done {
        done(self.command(wharf()).words(line))
    }

    /// The same, which has to succeed; what it wrote to standard output.
    fn ok(&self, line: &str) -> String {
        let done = self.run(line);
        assert_eq!(done.code, Some(0), "wharf {line}: {done:#?}");
        done.stdout
    }

    /// The same, and all that it told as JSON.
    fn told(&self, line: &str) -> Vec<Value> {
        let told = self.ok(line);
        let lines = told.lines().map(serde_json::from_str);
        lines
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    /// A line of a shell that knows `wharf`.
    fn shell(&self, line: &str) -> Done {
        let bin = self.path().join("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            std::os::unix::fs::symlink(wharf(), bin.join("wharf")).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        let bash = self.command("bash").words("-euo pipefail -c").arg(line);
        done(bash.env("PATH", format!("{}:{path}", bin.display())))
    }

    /// Starts it, to be interrupted.
    fn start(&self, line: &str) -> Running {
        self.command(wharf()).words(line).start()
    }
}

fn done(run: Run) -> Done {
    Done::of(run.ended())
}

/// The last event of a copy.
fn copied(told: &[Value]) -> &Value {
    let last = told.last().unwrap();
    assert_eq!(last["event"], "copied", "{told:#?}");
    last
}

/// Pushes an image of layers of noise that have so many bytes; the digest of its manifest. No
/// engine could run it.
fn push_noise(server: &Server, repository: &str, tag: &str, layers: &[usize]) -> String {
    let config = json!({
        "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
    })
    .to_string();
    let config_digest = server.push_blob(repository, config.clone());
    let layers = (1..).zip(layers).map(|(seed, size)| {
        let bytes = noise::bytes(seed, *size);
        let digest = digest::sha256(&bytes);
        assert_eq!(server.push_blob(repository, bytes), digest);
        descriptor("application/vnd.oci.image.layer.v1.tar", &digest, *size)
    });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": descriptor(
            "application/vnd.oci.image.config.v1+json", &config_digest, config.len(),
        ),
        "layers": layers.collect::<Vec<_>>(),
    });
    server.push_manifest(repository, tag, &manifest)
}

/// bcrypt, of `secret`.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

/// Of a command: some move gigabytes.
const LIMIT: Duration = Duration::from_secs(600);
