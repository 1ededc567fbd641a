//! The command line, as a user meets it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod errors;
mod help;
mod process;
mod start;
mod traces;
