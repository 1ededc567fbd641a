//! What is read is what was asked for, or an error.

pub(crate) mod blobs;
mod lists;
mod manifests;
mod pieces;

pub(crate) use self::blobs::{noise, sha256};
