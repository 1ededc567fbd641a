//! The server under test: a child process on a free port, stopped when dropped.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const START_LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    child: Child,
    address: String,
    data: PathBuf,
}

impl Server {
    /// Starts on an empty store below `reports`, where the log stays too.
    pub(crate) fn start(wharf: &Path, reports: &Path) -> Result<Self> {
        let address = free_address()?;
        let data = reports.join("data");
        let log = File::create(reports.join("wharf.log"))?;
        let child = Command::new(wharf)
            .args(["serve", "--addr", &address, "--sparse", "all", "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
            .with_context(|| format!("cannot start {}", wharf.display()))?;
        let mut server = Self {
            child,
            address,
            data,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while !answers(&self.address) {
            if let Some(status) = self.child.try_wait()? {
                bail!("wharf ended with {status} before it answered; see wharf.log");
            }
            if start.elapsed() > START_LIMIT {
                bail!("wharf does not answer on {}; see wharf.log", self.address);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = std::fs::remove_dir_all(&self.data);
    }
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn answers(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let request = format!("GET /v2/ HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
