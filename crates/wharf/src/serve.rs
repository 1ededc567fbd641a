//! `wharf serve`: store, domain and server put together.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wharf_http::{AccessLog, App, Limits, LocationStyle, Server, Settings, Shutdown, Stopped};
use wharf_registry::{Deletion, Options, Registry, SparseManifests};
use wharf_store::FileStore;

use crate::cli::{self, Sparse, Switch};
use crate::logging;
use crate::signals::Signals;
use crate::traces::Traces;

/// Serves until a signal stops it.
pub(crate) fn serve(arguments: &cli::Serve) -> Result<()> {
    logging::start(arguments.log_format, arguments.log_level);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(run(arguments));
    // A write to the disk that no request waits for any more may still be under way.
    runtime.shutdown_timeout(Duration::from_secs(10));
    served
}

async fn run(arguments: &cli::Serve) -> Result<()> {
    let signals = Signals::new()?;
    let store = FileStore::new(&arguments.data)
        .with_context(|| format!("images cannot be kept in {}", arguments.data.display()))?;
    let registry = Registry::new(Arc::new(store), options(arguments));
    let access_log = match arguments.access_log {
        Switch::On => Some(AccessLog::new(std::io::stdout())),
        Switch::Off => None,
    };
    let traces = Traces::start(|name| std::env::var(name).ok())?;
    let settings = Settings {
        locations: if arguments.relative_urls {
            LocationStyle::Relative
        } else {
            LocationStyle::Absolute
        },
        access_log: access_log.clone(),
        observer: traces.as_ref().map(Traces::observer),
        ..Settings::default()
    };
    let limits = Limits {
        drain: Duration::from_secs(arguments.drain_timeout),
        ..Limits::default()
    };
    let server = Server::bind(&arguments.addr, App::new(registry, settings), limits)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}: choose another address with --addr",
                arguments.addr
            )
        })?;

    announce(server.local_addr()?, &arguments.data);
    let shutdown = Shutdown::default();
    let stopped = tokio::select! {
        stopped = server.run(shutdown.clone()) => stopped,
        never = signals.stop(shutdown) => match never {},
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    if let Some(log) = access_log {
        log.close();
    }
    match stopped {
        Stopped::Clean => tracing::info!("stopped"),
        Stopped::CutOff(connections) => {
            bail!("{connections} connections were cut off: give them longer with --drain-timeout")
        }
    }
    Ok(())
}

fn options(arguments: &cli::Serve) -> Options {
    Options {
        deletion: match arguments.delete {
            Switch::On => Deletion::Enabled,
            Switch::Off => Deletion::Disabled,
        },
        sparse: match arguments.sparse {
            Sparse::None => SparseManifests::Refused,
            Sparse::Indexes => SparseManifests::Indexes,
            Sparse::All => SparseManifests::All,
        },
    }
}

/// Three lines for the person who started it.
fn announce(address: SocketAddr, data: &Path) {
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_path_buf());
    // Docker takes plain HTTP from `localhost` without being told to.
    let host = if address.ip().is_loopback() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    };
    let lines = format!(
        "listening on http://{address}\nstoring in {}\n\
         push with: docker tag IMAGE {host}/NAME:TAG && docker push {host}/NAME:TAG\n",
        data.display(),
    );
    // Nobody reading them is no reason not to serve.
    let _ = std::io::stdout().write_all(lines.as_bytes());
}
