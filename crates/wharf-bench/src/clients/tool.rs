//! The clients, and how each is told to do the same.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A client, by its program.
#[derive(Clone, Debug)]
pub(super) enum Client {
    Wharf(PathBuf),
    Skopeo(PathBuf),
    Crane(PathBuf),
}

/// The client whose program it is.
type Of = fn(PathBuf) -> Client;

// === impl Client ===

impl Client {
    /// Those beside ours, by the names of their programs.
    pub(super) const OTHERS: [(&'static str, Of); 2] =
        [("skopeo", Self::Skopeo), ("crane", Self::Crane)];

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Wharf(_) => "wharf",
            Self::Skopeo(_) => "skopeo",
            Self::Crane(_) => "crane",
        }
    }

    /// Into a layout in a directory that is not there.
    pub(super) fn pull(&self, from: &str, layout: &Path) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Wharf(_) => {
                command.args(["pull", "--quiet", from]);
                command.arg(format!("oci:{}:1", layout.display()));
            }
            Self::Skopeo(_) => {
                command.args([
                    "--insecure-policy",
                    "copy",
                    "--quiet",
                    "--src-tls-verify=false",
                ]);
                command.arg(format!("docker://{from}"));
                command.arg(format!("oci:{}:1", layout.display()));
            }
            Self::Crane(_) => {
                command.args(["pull", "--insecure", "--format=oci", from]);
                command.arg(layout);
            }
        }
        command
    }

    /// To another registry.
    pub(super) fn copy(&self, from: &str, to: &str) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Wharf(_) => _ = command.args(["copy", "--quiet", from, to]),
            Self::Skopeo(_) => {
                command.args(["--insecure-policy", "copy", "--quiet"]);
                command.args(["--src-tls-verify=false", "--dest-tls-verify=false"]);
                command.args([format!("docker://{from}"), format!("docker://{to}")]);
            }
            Self::Crane(_) => _ = command.args(["copy", "--insecure", from, to]),
        }
        command
    }

    fn program(&self) -> &Path {
        match self {
            Self::Wharf(program) | Self::Skopeo(program) | Self::Crane(program) => program,
        }
    }
}
