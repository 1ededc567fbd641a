//! The command line, as a user meets it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod auth;
mod config;
mod errors;
mod help;
mod logs;
mod process;
mod start;
mod traces;
