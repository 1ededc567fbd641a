//! The steps that are one `cargo` command each.

pub(crate) mod build;
pub(crate) mod clients;
pub(crate) mod clippy;
pub(crate) mod fmt;
pub(crate) mod unit;
