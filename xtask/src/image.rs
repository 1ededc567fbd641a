//! What the Dockerfile copies: a root filesystem with a static binary and little else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{self, cargo};
use crate::workspace::Workspace;

/// Builds the binary and lays the files out under `target/image`.
pub(crate) fn prepare(workspace: &Workspace) -> Result<()> {
    let binary = build(workspace)?;
    // The Dockerfile names this place, whatever Cargo's target directory is.
    let root = workspace.root().join("target/image");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for directory in [
        "bin",
        "etc/distribution",
        "etc/docker",
        "etc/ssl/certs",
        "tmp",
    ] {
        fs::create_dir_all(root.join(directory))?;
    }
    fs::create_dir_all(root.join("var/lib/registry"))?;
    copy(&binary, &root.join("bin/wharf"))?;
    symlink("wharf", root.join("bin/registry"))?;
    let config = workspace.root().join("image/config.yml");
    copy(&config, &root.join("etc/distribution/config.yml"))?;
    // Version 2 has it here; what is mounted over either is mounted over both.
    symlink("../distribution", root.join("etc/docker/registry"))?;
    let authorities = Path::new("/etc/ssl/certs/ca-certificates.crt");
    copy(authorities, &root.join("etc/ssl/certs/ca-certificates.crt"))
        .context("install Debian's ca-certificates")?;
    let size = fs::metadata(&binary)?.len();
    println!("    target/image: the binary has {} KiB", size / 1024);
    Ok(())
}

/// A target that is named keeps the flags from build scripts and macros, which cannot be
/// static.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = host()?;
    let build = [
        "rustc",
        "--package",
        "wharf",
        "--bin",
        "wharf",
        "--profile",
        "small",
        "--target",
        &target,
        "--",
        // 1.3 MiB less: what is to be moved where the program is loaded takes bits, not 24 bytes
        // each. glibc 2.36 and binutils 2.38 are the first that can.
        "-C",
        "link-arg=-Wl,-z,pack-relative-relocs",
    ];
    let mut command = cargo(workspace.root(), &build);
    command::run(command.env("RUSTFLAGS", "-C target-feature=+crt-static"))?;
    Ok(workspace.target().join(target).join("small/wharf"))
}

fn host() -> Result<String> {
    let text = command::capture(Command::new("rustc").arg("-vV"))?;
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc -vV does not name a host"),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}
