//! The four things that can be asked.
// distribution: health/checks/checks.go

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use wharf_store::Store;

use super::HealthError;
use super::http::{HttpProbe, HttpProber};

/// What a check asks.
#[derive(Clone)]
pub enum Probe {
    /// Does the store answer? Its name is `storagedriver_<driver>`.
    Storage {
        /// The driver's name in the configuration.
        driver: String,
        /// Whom to ask.
        store: Arc<dyn Store>,
    },
    /// Fails while this file exists: an operator's way to take a replica out.
    File(PathBuf),
    /// Does a server answer a HEAD request as it should?
    Http(HttpProbe),
    /// Does somebody listen there?
    Tcp {
        /// `host:port`; without a host, this machine.
        address: String,
        /// For the connection; `None` for 30 seconds.
        timeout: Option<Duration>,
    },
}

/// A probe that can be asked again and again.
pub(super) enum Prober {
    Storage(Arc<dyn Store>),
    File(PathBuf),
    Http(Box<HttpProber>),
    Tcp { address: String, timeout: Duration },
}

// === impl Probe ===

impl Probe {
    /// distribution's names of checks.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Storage { driver, .. } => format!("storagedriver_{driver}"),
            Self::File(path) => path.display().to_string(),
            Self::Http(http) => http.name(),
            Self::Tcp { address, .. } => address.clone(),
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.name()).finish()
    }
}

// === impl Prober ===

impl Prober {
    pub(super) fn new(probe: Probe) -> Result<Self, HealthError> {
        Ok(match probe {
            Probe::Storage { store, .. } => Self::Storage(store),
            Probe::File(path) => Self::File(path),
            Probe::Http(http) => Self::Http(Box::new(HttpProber::new(&http)?)),
            Probe::Tcp { address, timeout } => Self::Tcp {
                address: if address.starts_with(':') {
                    format!("localhost{address}")
                } else {
                    address
                },
                timeout: or_default(timeout),
            },
        })
    }

    /// After which it answers, if it knows.
    pub(super) fn timeout(&self) -> Duration {
        match self {
            Self::Storage(_) | Self::File(_) => Duration::ZERO,
            Self::Http(http) => http.timeout(),
            Self::Tcp { timeout, .. } => *timeout,
        }
    }

    /// Asks, and says what is wrong.
    pub(super) async fn ask(&self) -> Result<(), String> {
        match self {
            Self::Storage(store) => store.ping().await.map_err(|error| error.to_string()),
            Self::File(path) => file_is_absent(path.clone()).await,
            Self::Http(http) => http.ask().await,
            Self::Tcp { address, timeout } => {
                match tokio::time::timeout(*timeout, TcpStream::connect(address)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(format!("cannot connect to {address}: {error}")),
                    Err(_) => Err(format!("cannot connect to {address} within {timeout:?}")),
                }
            }
        }
    }
}

/// The one wait that distribution leaves to the operating system.
pub(super) fn or_default(timeout: Option<Duration>) -> Duration {
    timeout
        .filter(|timeout| !timeout.is_zero())
        .unwrap_or(TIMEOUT)
}

async fn file_is_absent(path: PathBuf) -> Result<(), String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the operator's own file, not one of the store's"
    )]
    let look = tokio::task::spawn_blocking(move || std::fs::metadata(path));
    match look.await.map_err(|error| error.to_string())? {
        Ok(_) => Err("file exists".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
