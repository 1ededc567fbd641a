//! The cache, through its front door: a directory, a store that sends what the test says, and a
//! disk that fails when the test says.

#![expect(
    clippy::disallowed_methods,
    reason = "tests look into the directory, and damage it"
)]

mod bound;
mod disk;
mod fills;
mod following;
mod restart;
mod scene;
mod source;
