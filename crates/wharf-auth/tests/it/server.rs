//! The authorization server from outside: who gets a token, and for what.

pub(crate) mod fixtures;

mod attacks;
mod issued;
mod keys;
mod refresh;
