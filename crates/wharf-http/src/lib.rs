//! Sockets to routes and back: the one crate that knows HTTP. It decides how the bytes
//! of a `Payload` are sent, turns errors into answers, writes the access log, and lets
//! transfers finish when the server stops.

mod access_log;
mod app;
mod body;
mod budget;
mod checks;
mod conditional;
mod debug;
mod error;
mod handlers;
mod head;
mod io;
mod location;
mod metrics;
mod observer;
mod peer;
mod reply;
mod request;
mod server;
mod site;

pub use access_log::AccessLog;
pub use app::{App, Settings};
pub use checks::{Check, Health, HealthError, HttpProbe, Probe};
pub use debug::{DebugContent, DebugPages, Prometheus};
pub use location::LocationStyle;
pub use metrics::{Metrics, StoreMetrics};
pub use observer::{ObservedRequest, RequestObserver};
pub use server::{Limits, Server, Shutdown, Stopped};
pub use site::Site;
