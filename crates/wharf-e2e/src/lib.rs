//! What the tests with real clients share: servers, daemons and commands that are stopped and
//! cleaned up whatever happens, and an HTTP client of our own that checks what others pushed.
//!
//! Everything here panics with the whole story when something goes wrong: it runs inside tests.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support: files, processes, and panics that tell the story"
)]

pub mod authority;
pub mod azurite;
pub mod between;
pub mod bucket;
pub mod certificate;
mod child;
pub mod command;
pub mod configured;
pub mod container;
pub mod containerd;
pub mod contents;
pub mod daemon;
pub mod digest;
pub mod docker;
pub mod google;
pub mod http;
pub mod noise;
pub mod pebble;
pub mod peer;
pub mod postgres;
pub mod proxy;
pub mod publish;
pub mod raw;
pub mod redis;
pub mod rootfs;
pub mod scratch;
mod served;
pub mod server;
pub mod shared;
pub mod token_server;
pub mod tool;
pub mod wire;
