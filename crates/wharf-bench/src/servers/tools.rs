//! What stands behind servers, and before them: MinIO for buckets, and HAProxy for several
//! servers at one address.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::installed::find;
use super::{Running, Server, Setup, Started, listens};
use crate::http::client::Client;
use crate::http::request::Host;

/// Where they were found, if they are installed.
#[derive(Clone, Debug)]
pub struct Tools {
    minio: Option<PathBuf>,
    haproxy: Option<PathBuf>,
}

/// A service that has one bucket; dropping it stops it.
#[derive(Debug)]
pub struct Bucket {
    _process: Started,
    address: SocketAddr,
}

/// The name of the bucket.
pub const BUCKET: &str = "bench";
/// Who may use it.
pub const ACCESS_KEY: &str = "bench-access";
/// The secret of that key.
pub const SECRET_KEY: &str = "bench-secret";
const START_LIMIT: Duration = Duration::from_secs(60);

// === impl Tools ===

impl Tools {
    /// In `directories`, or on the path.
    #[must_use]
    pub fn find(directories: &[PathBuf]) -> Self {
        Self {
            minio: find("minio", directories),
            haproxy: find("haproxy", directories),
        }
    }

    /// What so many servers on a bucket need and is not there.
    #[must_use]
    pub fn missing(&self, replicas: usize) -> Option<&'static str> {
        match (&self.minio, &self.haproxy) {
            (None, _) => Some("minio is not installed"),
            (_, None) if replicas > 1 => Some("haproxy is not installed"),
            (Some(_), _) => None,
        }
    }

    /// A service that keeps its bucket in the directory `data`.
    ///
    /// # Errors
    /// When it does not start, with its log.
    pub fn bucket(&self, data: &Path, scratch: &Path) -> Result<Bucket> {
        let Some(minio) = &self.minio else {
            bail!("minio is not installed");
        };
        // A directory is a bucket.
        std::fs::create_dir_all(data.join(BUCKET))?;
        std::fs::create_dir_all(scratch)?;
        let (address, console) = (free_address()?, free_address()?);
        let mut command = Command::new(minio);
        command
            .args(["server", "--quiet", "--address"])
            .arg(address.to_string())
            .arg("--console-address")
            .arg(console.to_string())
            .arg(data)
            .env("MINIO_ROOT_USER", ACCESS_KEY)
            .env("MINIO_ROOT_PASSWORD", SECRET_KEY)
            .env("MINIO_UPDATE", "off")
            .env("MINIO_BROWSER", "off");
        let process = start(
            &mut command,
            &scratch.join("minio.log"),
            is_minio_ready,
            address,
        )?;
        Ok(Bucket {
            _process: process,
            address,
        })
    }

    /// So many processes of a server on this bucket, each request going to the next of them.
    ///
    /// # Errors
    /// When one of them does not start, with its log.
    pub fn replicas(
        &self,
        server: &Server,
        replicas: usize,
        bucket: &Bucket,
        scratch: &Path,
    ) -> Result<Running> {
        let setup = Setup::Bucket(bucket.address);
        let start_one = |number: usize| {
            let scratch = scratch.join(format!("replica-{number}"));
            server.start(&scratch.join("unused"), &scratch, &setup, listens)
        };
        if replicas == 1 {
            return start_one(0);
        }
        let servers: Vec<Running> = (0..replicas).map(start_one).collect::<Result<_>>()?;
        let Some(haproxy) = &self.haproxy else {
            bail!("haproxy is not installed");
        };
        let address = free_address()?;
        let configuration = scratch.join("haproxy.cfg");
        std::fs::write(&configuration, balancing(address, &servers))?;
        let mut command = Command::new(haproxy);
        command.arg("-db").arg("-f").arg(&configuration);
        let balancer = start(&mut command, &scratch.join("haproxy.log"), listens, address)?;
        Ok(Running::behind(servers, balancer, address))
    }
}

/// It listens before it does anything else.
fn is_minio_ready(address: SocketAddr) -> bool {
    let host = Host::new(&address.to_string());
    let ready = host.get("/minio/health/ready", "", None);
    Client::new(address).ask(&ready).is_ok()
}

fn start(
    command: &mut Command,
    log: &Path,
    is_ready: impl Fn(SocketAddr) -> bool,
    address: SocketAddr,
) -> Result<Started> {
    let file = std::fs::File::create(log)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let mut process = Started::of(command)?;
    let begin = Instant::now();
    while !is_ready(address) {
        if process.ended()?.is_some() || begin.elapsed() > START_LIMIT {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            bail!("{:?} does not answer: {log}", command.get_program());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(process)
}

fn balancing(address: SocketAddr, servers: &[Running]) -> String {
    let servers = servers.iter().enumerate();
    let servers =
        servers.map(|(number, server)| format!("    server r{number} {}\n", server.address()));
    let servers: String = servers.collect();
    format!(
        "defaults
    mode http
    timeout connect 5s
    timeout client 120s
    timeout server 120s
frontend outside
    bind {address}
    default_backend registry
backend registry
    balance roundrobin
{servers}"
    )
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
