//! Tools from Debian's packages, by apt-get, without starting the services they bring.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// A file that tells the tool is there, and the package that brings it.
struct Package {
    program: &'static str,
    name: &'static str,
}

/// `runc` runs the containers of all engines; `util-linux` and `coreutils` are essential in Debian.
const PACKAGES: &[Package] = &[
    package("dockerd", "docker.io"),
    package("podman", "podman"),
    package("buildah", "buildah"),
    package("skopeo", "skopeo"),
    package("umoci", "umoci"),
    package("containerd", "containerd"),
    package("ctr", "containerd"),
    package("runc", "runc"),
    package("docker-registry", "docker-registry"),
    package("nginx", "nginx-light"),
    package("haproxy", "haproxy"),
    package("openssl", "openssl"),
    package("curl", "curl"),
    package("jq", "jq"),
    package("busybox", "busybox-static"),
    package("redis-server", "redis-server"),
    package("redis-sentinel", "redis-sentinel"),
    package("redis-cli", "redis-tools"),
    package("pg_ctlcluster", "postgresql-15"),
];

const POLICY: &str = "/usr/sbin/policy-rc.d";

pub(crate) fn install() -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|package| find(package.program).is_none())
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if find("apt-get").is_none() {
        bail!("missing tools, and no apt-get to install them: {list} (names as in Debian)");
    }
    let _no_services = NoServices::begin()
        .with_context(|| format!("as root: apt-get install --no-install-recommends {list}"))?;
    command::run(apt_get().arg("update"))?;
    command::run(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(&missing),
    )
}

const fn package(program: &'static str, name: &'static str) -> Package {
    Package { program, name }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    command
}

/// Daemons live in `sbin`, which is not on every user's path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(OsStr::new(program)))
        .find(|candidate| candidate.is_file())
}

/// While it lives, Debian's packages do not start the services they install.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn begin() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        std::fs::write(POLICY, "#!/bin/sh\nexit 101\n")?;
        std::fs::set_permissions(POLICY, std::fs::Permissions::from_mode(0o755))?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            _ = std::fs::remove_file(POLICY);
        }
    }
}
