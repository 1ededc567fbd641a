//! Registries of other families, which have the same API and another tree: what the client
//! meets.

use std::time::Duration;

use serde_json::json;

use crate::daemon::Daemon;
use crate::http::Http;
use crate::scratch::Scratch;
use crate::server::free_address;
use crate::tool::tool;

const START_LIMIT: Duration = Duration::from_secs(30);

/// Which of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Family {
    /// olareg, which the tools of regclient are tested with.
    Olareg,
    /// zot, without its extensions.
    Zot,
}

/// A running one with an empty store; dropping it stops it.
#[derive(Debug)]
pub struct Peer {
    address: String,
    _daemon: Daemon,
    _scratch: Scratch,
}

// === impl Peer ===

impl Peer {
    /// Starts one in which everything may be deleted, and waits until it answers.
    ///
    /// # Panics
    /// With its log, when it does not.
    #[must_use]
    pub fn start(family: Family) -> Self {
        Self::start_as(family, None)
    }

    /// The same with this file of names and hashes; only zot has any.
    ///
    /// # Panics
    /// With its log, when it does not start.
    #[must_use]
    pub fn start_with_passwords(family: Family, htpasswd: &str) -> Self {
        Self::start_as(family, Some(htpasswd))
    }

    fn start_as(family: Family, htpasswd: Option<&str>) -> Self {
        let mut last = String::new();
        // Between our finding a free port and its taking it, another test may have taken it.
        for _ in 0..3 {
            match Self::try_start(family, htpasswd) {
                Ok(peer) => return peer,
                Err(error) => last = error,
            }
        }
        panic!("{family:?} does not start: {last}");
    }

    fn try_start(family: Family, htpasswd: Option<&str>) -> Result<Self, String> {
        let (scratch, address) = (Scratch::new(), free_address());
        let (program, arguments) = match family {
            Family::Olareg => {
                assert_eq!(htpasswd, None, "olareg asks nobody");
                ("olareg", olareg(&scratch, &address))
            }
            Family::Zot => ("zot-1", zot(&scratch, &address, htpasswd)),
        };
        let log = scratch.join("log");
        let mut daemon = Daemon::start(&tool(program), arguments, &[], &log);
        let http = Http::new(&address);
        let answers = || {
            let answer = http.get("/v2/").try_send();
            answer.is_ok_and(|answer| matches!(answer.status, 200 | 401))
        };
        daemon.wait_until(START_LIMIT, answers)?;
        Ok(Self {
            address,
            _daemon: daemon,
            _scratch: scratch,
        })
    }

    /// `127.0.0.1:port`: the first part of the names of images.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.address
    }
}

// === private ===

fn olareg(scratch: &Scratch, address: &str) -> Vec<String> {
    let (host, port) = address.rsplit_once(':').unwrap_or_default();
    let data = scratch.join("data").display().to_string();
    let words = ["serve", "--addr", host, "--port", port, "--dir", &data];
    let rights = ["--api-delete", "--api-blob-delete"];
    words.into_iter().chain(rights).map(str::to_owned).collect()
}

fn zot(scratch: &Scratch, address: &str, htpasswd: Option<&str>) -> Vec<String> {
    let (host, port) = address.rsplit_once(':').unwrap_or_default();
    let config = scratch.join("config.json");
    let mut text = json!({
        "storage": {"rootDirectory": scratch.join("data")},
        "http": {"address": host, "port": port},
        "log": {"level": "error"},
    });
    if let Some(file) = htpasswd {
        text["http"]["auth"] = json!({"htpasswd": {"path": file}});
    }
    std::fs::write(&config, text.to_string()).expect("write a configuration");
    vec!["serve".to_owned(), config.display().to_string()]
}
