//! The server under test: a child process on a free port, stopped when dropped.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::bucket::Bucket;

const START_LIMIT: Duration = Duration::from_secs(20);

/// Where it keeps what is pushed; nothing is left of it.
pub(crate) enum Place {
    Directory(PathBuf),
    Bucket(Bucket),
}

pub(crate) struct Server {
    child: Child,
    address: String,
    place: Place,
}

// === impl Server ===

impl Server {
    /// Starts on an empty store; the log stays in `reports`.
    pub(crate) fn start(wharf: &Path, place: Place, reports: &Path) -> Result<Self> {
        let address = free_address()?;
        let log = File::create(reports.join("wharf.log"))?;
        let mut command = Command::new(wharf);
        command.args(["serve", "--addr", &address, "--sparse", "all"]);
        match &place {
            Place::Directory(data) => command.arg("--data").arg(data),
            Place::Bucket(bucket) => {
                let configuration = reports.join("config.yml");
                std::fs::write(&configuration, bucket.configuration())?;
                command.arg(configuration)
            }
        };
        let child = command
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
            .with_context(|| format!("cannot start {}", wharf.display()))?;
        let mut server = Self {
            child,
            address,
            place,
        };
        wait_until_answered(&mut server.child, &server.address, "/v2/")
            .with_context(|| format!("{}; see {}", wharf.display(), reports.display()))?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        if let Place::Directory(data) = &self.place {
            _ = std::fs::remove_dir_all(data);
        }
    }
}

pub(crate) fn wait_until_answered(child: &mut Child, address: &str, path: &str) -> Result<()> {
    let start = Instant::now();
    while !answers(address, path) {
        if let Some(status) = child.try_wait()? {
            bail!("it ended with {status} before it answered");
        }
        if start.elapsed() > START_LIMIT {
            bail!("it does not answer on {address}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn answers(address: &str, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
