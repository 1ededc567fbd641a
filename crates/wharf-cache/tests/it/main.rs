//! The cache, through its front door: a directory, a store that sends what the test says, and a
//! disk that fails when the test says.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests look into the directory, damage it, and panic"
)]

mod bound;
mod disk;
mod fills;
mod following;
mod restart;
mod scene;
mod source;
