//! Sockets to routes and back: the one crate that knows HTTP. It decides how the bytes
//! of a `Payload` are sent, turns errors into answers, logs what was asked and
//! answered, and lets transfers finish when the server stops.

mod access_log;
mod app;
mod authorization;
mod body;
mod budget;
mod checks;
mod client;
mod conditional;
mod connection;
mod debug;
mod edge;
mod error;
mod events;
mod exchange;
mod fetch;
mod handlers;
mod head;
mod health;
mod http2;
mod io;
mod listen;
mod location;
mod metrics;
mod observer;
mod pages;
mod peer;
mod pulls;
mod read_only;
mod reply;
mod request;
mod response_headers;
mod server;
mod site;
mod tls;
mod tokens;
mod witness;

pub use access_log::AccessLog;
pub use app::{App, Settings};
pub use authorization::Guard;
pub use checks::{Check, Health, HealthError, HttpProbe, Probe};
pub use client::{Proxies, ProxyError};
pub use debug::{DebugContent, DebugPages, Prometheus};
pub use edge::EdgeSite;
pub use fetch::{Document, DocumentError, JwksUrl};
pub use health::HealthGate;
pub use listen::{
    AddressError, InheritError, Inherited, Listener, LocalAddress, PortUse, TcpAddress,
};
pub use location::LocationStyle;
pub use metrics::{CacheMetrics, CollectionMetrics, CountedDescriptors, Metrics, StoreMetrics};
pub use observer::{ObservedRequest, RequestObserver};
pub use pages::PageLimits;
pub use read_only::ReadOnly;
pub use response_headers::{ResponseHeaderError, ResponseHeaders};
pub use server::{Limits, Protocol, Server, Shutdown, Stopped};
pub use site::Site;
pub use tls::{
    AcmeSettings, CipherSuites, CipherSuitesError, ClientAuth, ClientAuthError, ClientCertificates,
    Http2, Identity, Tls, TlsError, TlsSettings, TlsVersion, TlsVersionError, TlsWarning,
};
pub use tokens::{TokenPages, TokenSite};
