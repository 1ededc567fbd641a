//! The ways to tell who somebody is, from outside.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed; tests write the files that operators write"
)]

mod explained;
mod fuzz;
mod htpasswd;
mod members;
mod planted;
mod robots;
mod server;
mod throttle;
mod token;
mod unreadable;
mod users;
