//! Load for any registry over its public API, and registries side by side on one machine.
#![expect(
    clippy::disallowed_methods,
    reason = "a tool of the developers, which makes stores and reads /proc without a server"
)]

pub mod accounts;
pub mod clients;
pub mod content;
pub mod foreign;
pub mod gate;
pub mod goods;
pub mod http;
pub mod latency;
pub mod limit;
pub mod plot;
pub mod process;
pub mod report;
pub mod run;
pub mod servers;
pub mod smoke;
pub mod stores;
pub mod workloads;
