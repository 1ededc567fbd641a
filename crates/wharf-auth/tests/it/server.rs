//! The authorization server from outside: who gets a token, and for what.

mod fixtures;

mod attacks;
mod issued;
mod keys;
mod refresh;
