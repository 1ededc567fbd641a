//! The driver on a provider that is made up: what it asks for, and what becomes of it when
//! others die. The same suite runs on a real server among the tests with real clients.
#![expect(clippy::unwrap_used, reason = "tests panic")]

mod appends;
mod denials;
mod large;
mod locks;
mod options;
mod provider;
mod requests;
mod suite;
mod sweeps;
