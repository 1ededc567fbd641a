//! What operators write, and what is understood.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod environment;
mod file;
mod fuzz;
mod pages;
mod printed;
mod support;
mod trouble;
