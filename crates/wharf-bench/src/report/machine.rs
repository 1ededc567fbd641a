//! Where a run took place.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::servers::output;

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor.
    pub cpu: String,
    /// How many cores.
    pub cores: usize,
    /// Whether the processor has instructions for SHA-256.
    pub sha_instructions: bool,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// The kernel.
    pub kernel: String,
    /// The file system of the stores.
    pub file_system: String,
}

// === impl Machine ===

impl Machine {
    /// This one; `directory` is where the stores are.
    #[must_use]
    pub fn here(directory: &Path) -> Self {
        let cpus = read("/proc/cpuinfo");
        let field = |name: &str| {
            let line = cpus.lines().find(|line| line.starts_with(name))?;
            line.split_once(':')
                .map(|(_, value)| value.trim().to_owned())
        };
        let flags = field("flags").or_else(|| field("Features"));
        let flags = flags.unwrap_or_default();
        Self {
            cpu: field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            sha_instructions: flags
                .split(' ')
                .any(|flag| matches!(flag, "sha_ni" | "sha2")),
            memory_gib: memory_gib(&read("/proc/meminfo")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(directory, &read("/proc/mounts")),
        }
    }
}

/// The commit of the tree around `directory`, with `-dirty` when it is not clean.
#[must_use]
pub fn commit(directory: &Path) -> String {
    let git = |arguments: &[&str]| {
        output(Command::new("git").arg("-C").arg(directory).args(arguments)).unwrap_or_default()
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"]);
    let dirty = !git(&["status", "--porcelain"]).is_empty();
    format!("{hash}{}", if dirty { "-dirty" } else { "" })
}

fn memory_gib(meminfo: &str) -> f64 {
    let kib = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<f64>().ok());
    (kib.unwrap_or_default() / f64::from(1 << 20) * 10.0).round() / 10.0
}

/// The kind and the options of the mount that `directory` is on: the longest that contains it.
fn file_system(directory: &Path, mounts: &str) -> String {
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
        let shown = format!("{kind} ({options})");
        directory.starts_with(point).then_some((point.len(), shown))
    };
    let longest = mounts.lines().filter_map(mount).max_by_key(|found| found.0);
    longest.map_or_else(String::new, |(_, shown)| shown)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_counts() {
        let mounts =
            "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw,nosuid 0 0\n/dev/b /tm xfs rw 0 0\n";
        let of = |path: &str| file_system(Path::new(path), mounts);
        assert_eq!(of("/tmp/x"), "tmpfs (rw,nosuid)");
        assert_eq!(of("/home/x"), "ext4 (rw)");
    }

    #[test]
    fn memory_in_gib() {
        assert_eq!(
            memory_gib("MemTotal:       24651480 kB\nMemFree: 1 kB\n"),
            23.5
        );
    }
}
