//! A bucket for the server under test: MinIO, stopped when dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::server::{free_address, wait_until_answered};

pub(crate) struct Bucket {
    child: Child,
    address: String,
    data: PathBuf,
}

const NAME: &str = "conformance";
const ACCESS_KEY: &str = "conformance";
const SECRET_KEY: &str = "conformance-secret";

// === impl Bucket ===

impl Bucket {
    /// Starts it with an empty bucket below `reports`, where the log stays too.
    pub(crate) fn start(minio: &Path, reports: &Path) -> Result<Self> {
        let (address, console) = (free_address()?, free_address()?);
        let data = reports.join("data");
        // A directory is a bucket.
        std::fs::create_dir_all(data.join(NAME))?;
        let log = File::create(reports.join("minio.log"))?;
        let child = Command::new(minio)
            .args(["server", "--quiet", "--address", &address])
            .args(["--console-address", &console])
            .arg(&data)
            .env("MINIO_ROOT_USER", ACCESS_KEY)
            .env("MINIO_ROOT_PASSWORD", SECRET_KEY)
            .env("MINIO_UPDATE", "off")
            .env("MINIO_BROWSER", "off")
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
            .with_context(|| format!("cannot start {}", minio.display()))?;
        let mut bucket = Self {
            child,
            address,
            data,
        };
        wait_until_answered(&mut bucket.child, &bucket.address, "/minio/health/ready")
            .with_context(|| format!("{}; see minio.log", minio.display()))?;
        Ok(bucket)
    }

    /// The suite wants headers of the specification in each answer, and no bucket sends those: so
    /// blobs come from the server.
    pub(crate) fn configuration(&self) -> String {
        format!(
            "version: 0.1
storage:
  s3:
    bucket: {NAME}
    region: us-east-1
    accesskey: {ACCESS_KEY}
    secretkey: {SECRET_KEY}
    regionendpoint: http://{}
    forcepathstyle: true
  redirect:
    disable: true
  delete:
    enabled: true
",
            self.address
        )
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = std::fs::remove_dir_all(&self.data);
    }
}
