//! The client's library, from outside.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod credentials;
mod names;
mod reads;
mod server;
mod settings;
mod transport;
mod writes;
