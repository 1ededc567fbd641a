//! The registry as its users run it: a container of the image, on an engine of their own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::docker::Docker;
use crate::http::Http;
use crate::server::free_address;

const START_LIMIT: Duration = Duration::from_secs(30);

/// The name of the image.
pub const IMAGE: &str = "wharfinger:test";

/// Builds [`IMAGE`] from the Dockerfile and `target/image`.
///
/// # Panics
/// When `cargo xtask image` has not laid it out.
pub fn build(docker: &Docker) {
    let root = root();
    let binary = root.join("target/image/bin/registry");
    assert!(binary.exists(), "nothing to copy: cargo xtask image");
    docker
        .run("build --network host --tag")
        .arg(IMAGE)
        .arg(root)
        .ok();
}

/// A running container of [`IMAGE`]; dropping it removes it.
#[derive(Debug)]
pub struct Container<'a> {
    docker: &'a Docker,
    id: String,
    address: String,
}

impl<'a> Container<'a> {
    /// `docker run`, with what the user adds to it. Its ports are moved to free ones, since
    /// there is no network of its own here.
    ///
    /// # Panics
    /// With its log, when it does not listen.
    #[must_use]
    pub fn run(docker: &'a Docker, options: &[&str]) -> Self {
        Self::run_command(docker, options, &[])
    }

    /// The same with a command instead of the image's own.
    ///
    /// # Panics
    /// With its log, when it does not listen.
    #[must_use]
    pub fn run_command(docker: &'a Docker, options: &[&str], command: &[&str]) -> Self {
        let (address, debug) = (free_address(), free_address());
        let id = docker
            .run("run --detach --network host")
            .args(["--env", &format!("REGISTRY_HTTP_ADDR={address}")])
            .args(["--env", &format!("REGISTRY_HTTP_DEBUG_ADDR={debug}")])
            .args(options)
            .arg(IMAGE)
            .args(command)
            .ok()
            .text();
        let container = Self {
            docker,
            id,
            address,
        };
        container.wait();
        container
    }

    /// `localhost:port`, as the engine names it.
    #[must_use]
    pub fn host(&self) -> String {
        let (_, port) = self.address.rsplit_once(':').expect("a port");
        format!("localhost:{port}")
    }

    /// A client of it, without TLS.
    #[must_use]
    pub fn http(&self) -> Http {
        Http::new(&self.address)
    }

    /// `host:port`, where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it has logged so far, on both streams.
    #[must_use]
    pub fn logs(&self) -> String {
        let output = self.docker.run("logs").arg(&self.id).ok();
        format!("{}\n{}", output.text(), output.stderr)
    }

    fn wait(&self) {
        let start = Instant::now();
        while std::net::TcpStream::connect(&self.address).is_err() {
            assert!(
                start.elapsed() < START_LIMIT,
                "the container does not listen:\n{}",
                self.logs()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        _ = self.docker.run("rm --force").arg(&self.id).succeeds();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
