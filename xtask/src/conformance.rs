//! The OCI distribution-spec conformance suite with every API and every kind of data switched
//! on, against a freshly started `wharf`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::steps;
use crate::summary::Summary;
use crate::tools::{self, go};
use crate::workspace::Workspace;

mod bucket;
mod report;
mod server;
mod suite;

use bucket::Bucket;
use report::Counts;
use server::{Place, Server};

/// Where the server keeps what the suite pushes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Storage {
    Directory,
    Bucket,
}

/// The released specification, and what has been merged since.
const VERSIONS: &[Version] = &[
    Version {
        name: "1.1",
        step: "OCI conformance 1.1",
        bucket_step: "OCI conformance 1.1, bucket",
    },
    Version {
        name: "dev",
        step: "OCI conformance dev",
        bucket_step: "OCI conformance dev, bucket",
    },
];

struct Version {
    name: &'static str,
    step: &'static str,
    bucket_step: &'static str,
}

/// What is off by default in version 1.1. All other switches are on by default in both.
const ALL_ON: &[(&str, &str)] = &[
    ("OCI_API_BLOBS_DIGEST_HEADER", "true"),
    ("OCI_API_BLOBS_UPLOAD_CANCEL", "true"),
    ("OCI_API_MANIFESTS_DIGEST_HEADER", "true"),
    ("OCI_API_MANIFESTS_TAG_PARAM", "true"),
    ("OCI_DATA_SPARSE", "true"),
];

/// `cargo xtask conformance`: the suite has to be there.
pub(crate) fn run(workspace: &Workspace, storage: Storage, summary: &mut Summary) -> Result<()> {
    let suite = summary.step("conformance suite", || suite::locate(workspace))?;
    if storage == Storage::Bucket {
        summary.step("minio", || {
            if go::installed(workspace, &go::MINIO) {
                return Ok(());
            }
            tools::install_one(workspace, &go::MINIO)
        })?;
    }
    run_with(workspace, &suite, storage, summary)
}

/// As a part of `cargo xtask test`: a suite that cannot be had is said to be so, loudly.
pub(crate) fn run_if_available(workspace: &Workspace, summary: &mut Summary) -> Result<()> {
    match suite::locate(workspace) {
        Ok(suite) => {
            run_with(workspace, &suite, Storage::Directory, summary)?;
            run_with(workspace, &suite, Storage::Bucket, summary)
        }
        Err(error) if suite::is_chosen() => Err(error),
        Err(reason) => {
            println!("    {reason:#}");
            summary.not_run("OCI conformance suite", &reason.to_string());
            Ok(())
        }
    }
}

fn run_with(
    workspace: &Workspace,
    suite: &Path,
    storage: Storage,
    summary: &mut Summary,
) -> Result<()> {
    if std::env::var_os("WHARF_BIN").is_none() {
        summary.step("build wharf", || steps::build::run(workspace.root()))?;
    }
    for version in VERSIONS {
        let step = match storage {
            Storage::Directory => version.step,
            Storage::Bucket => version.bucket_step,
        };
        summary.step(step, || {
            run_version(workspace, suite, storage, version.name)
        })?;
    }
    Ok(())
}

fn run_version(workspace: &Workspace, suite: &Path, storage: Storage, version: &str) -> Result<()> {
    let name = match storage {
        Storage::Directory => version.to_owned(),
        Storage::Bucket => format!("{version}-bucket"),
    };
    let reports = workspace.target().join("conformance").join(name);
    if reports.exists() {
        std::fs::remove_dir_all(&reports)?;
    }
    std::fs::create_dir_all(&reports)?;
    let wharf = std::env::var_os("WHARF_BIN").map_or_else(|| workspace.wharf(), PathBuf::from);
    let place = match storage {
        Storage::Directory => Place::Directory(reports.join("data")),
        Storage::Bucket => Place::Bucket(Bucket::start(&workspace.tool("minio"), &reports)?),
    };
    let server = Server::start(&wharf, place, &reports)?;
    run_suite(suite, version, server.address(), &reports)?;
    let junit = reports.join("junit.xml");
    let text = std::fs::read_to_string(&junit)
        .with_context(|| format!("the suite wrote no {}", junit.display()))?;
    let counts = Counts::parse(&text)?;
    for case in counts.not_passed.iter().take(40) {
        println!("    {case}");
    }
    println!("    {counts}; reports in {}", reports.display());
    if !counts.is_clean() {
        bail!("{counts}, where 0 failures and 0 skips are needed");
    }
    Ok(())
}

/// The suite's exit code says less than its report, and is not looked at.
fn run_suite(suite: &Path, version: &str, registry: &str, reports: &Path) -> Result<()> {
    let output = std::fs::File::create(reports.join("output.txt"))?;
    Command::new(suite)
        .current_dir(reports)
        .env("OCI_VERSION", version)
        .env("OCI_TLS", "disabled")
        .env("OCI_REGISTRY", registry)
        .env("OCI_REPO1", "conformance/repo1")
        .env("OCI_REPO2", "conformance/repo2")
        .env("OCI_RESULTS_DIR", reports)
        .envs(ALL_ON.iter().copied())
        .stdin(Stdio::null())
        .stderr(output.try_clone()?)
        .stdout(output)
        .status()
        .with_context(|| format!("cannot start {}", suite.display()))?;
    Ok(())
}
