//! The server from outside: raw bytes over real sockets, so that what is on the wire is
//! what is tested.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod children;
mod fixtures;
mod harness;
mod http2;
mod pki;
mod show;
mod wire;

mod accept;
mod api;
mod authorization;
mod bad_clients;
mod checks;
mod debug;
mod edge;
mod errors;
mod events;
mod extension;
mod fetch;
mod files;
mod listen;
mod memory;
mod observer;
mod options;
mod proxy;
mod pulls;
mod ranges;
mod rules;
mod shutdown;
mod tls;
mod tokens;
