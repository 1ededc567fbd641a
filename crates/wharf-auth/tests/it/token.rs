//! Tokens from outside: what is let in, and by what nobody is.

pub(crate) mod fixtures;
pub(crate) mod signer;

mod accepted;
mod chains;
mod challenge;
mod claims;
mod files;
mod forged;
mod malformed;
mod remembered;
mod remote;
