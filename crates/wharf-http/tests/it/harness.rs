//! A server in this process, on a port of its own.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;
use wharf_http::{
    AccessLog, App, Limits, Listener, PortUse, Protocol, Server, Settings, Shutdown, Stopped,
};
use wharf_registry::{Options, Registry};
use wharf_store::{FileStore, MemoryStore, Store};

use crate::wire::{Client, Request, Response};

/// What a server is made of; the defaults are those of `wharf serve`.
pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    store: Arc<dyn Store>,
}

/// A running server, which ends with the test's runtime.
pub(crate) struct Wharf {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) task: JoinHandle<Stopped>,
}

/// What was written to an access log.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

// === impl Setup ===

impl Setup {
    pub(crate) fn memory() -> Self {
        Self::on(MemoryStore::default())
    }

    pub(crate) fn files(root: &Path) -> Self {
        Self::on(FileStore::new(root).unwrap())
    }

    pub(crate) async fn start(self) -> Wharf {
        let address = "127.0.0.1:0".parse().unwrap();
        self.serve(Listener::tcp(&address, PortUse::Alone).await.unwrap())
    }

    pub(crate) fn serve(self, listener: Listener) -> Wharf {
        self.serve_with(listener, Protocol::Http1)
    }

    /// The server, and the registry for what runs beside it.
    pub(crate) async fn start_beside(self) -> (Wharf, Registry) {
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::tcp(&address, PortUse::Alone).await.unwrap();
        let registry = Registry::new(Arc::clone(&self.store), self.options.clone());
        let wharf = self.serve_registry(registry.clone(), listener, Protocol::Http1);
        (wharf, registry)
    }

    pub(crate) fn serve_with(self, listener: Listener, protocol: Protocol) -> Wharf {
        let registry = Registry::new(Arc::clone(&self.store), self.options.clone());
        self.serve_registry(registry, listener, protocol)
    }

    fn serve_registry(self, registry: Registry, listener: Listener, protocol: Protocol) -> Wharf {
        let app = App::new(registry, self.settings);
        let server = Server::new(listener, app, self.limits).speaking(protocol);
        let address = server.local_addr().unwrap_or(NOWHERE);
        let shutdown = Shutdown::default();
        let task = tokio::spawn(server.run(shutdown.clone()));
        Wharf {
            address,
            shutdown,
            task,
        }
    }

    pub(crate) fn on(store: impl Store) -> Self {
        Self {
            limits: Limits::default(),
            settings: Settings::default(),
            options: Options::default(),
            store: Arc::new(store),
        }
    }
}

/// The address of a server that has none.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

// === impl Wharf ===

impl Wharf {
    pub(crate) async fn start() -> Self {
        Setup::memory().start().await
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, request: Request) -> Response {
        self.connect().await.ask(request).await
    }

    /// The server is unharmed by what came before.
    pub(crate) async fn is_well(&self) {
        assert_eq!(self.ask(Request::get("/v2/")).await.status, 200);
    }
}

// === impl Lines ===

impl Lines {
    /// A log, and where it ends up.
    pub(crate) fn log() -> (AccessLog, Self) {
        let lines = Self::default();
        (AccessLog::new(lines.clone()), lines)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
