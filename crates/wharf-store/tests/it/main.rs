//! Tests of the drivers through the crate's front door.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod committing;
mod counting;
mod drivers;
mod facts;
mod failing;
mod faulty;
mod filesystem;
mod hooked;
mod joining;
mod listings;
mod model;
mod observed;
mod ping;
mod powerloss;
mod script;
mod settling;
mod sweep;
mod syncing;
mod untouched;
