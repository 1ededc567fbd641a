//! The crate from outside: tables, properties, and fuzz targets that also run as tests.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod accept;
mod content_range;
mod descriptor;
mod digest;
mod manifest;
mod manifest_fuzz;
mod range;
mod route;
mod strategies;
