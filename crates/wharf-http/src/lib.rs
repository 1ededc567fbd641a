//! Sockets to routes and back: the one crate that knows HTTP. It decides how the bytes
//! of a `Payload` are sent, turns errors into answers, writes the access log, and lets
//! transfers finish when the server stops.

mod access_log;
mod app;
mod body;
mod budget;
mod conditional;
mod connection;
mod error;
mod handlers;
mod head;
mod http2;
mod io;
mod listen;
mod location;
mod peer;
mod reply;
mod request;
mod server;
mod tls;

pub use access_log::AccessLog;
pub use app::{App, Settings};
pub use listen::{
    AddressError, InheritError, Inherited, Listener, LocalAddress, PortUse, TcpAddress,
};
pub use location::LocationStyle;
pub use server::{Limits, Protocol, Server, Shutdown, Stopped};
pub use tls::{
    AcmeSettings, CipherSuites, CipherSuitesError, ClientAuth, ClientAuthError, ClientCertificates,
    Http2, Identity, Tls, TlsError, TlsSettings, TlsVersion, TlsVersionError, TlsWarning,
};
