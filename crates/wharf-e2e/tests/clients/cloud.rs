//! Buckets, on real servers.

mod azure;
mod clients;
mod collection;
pub(crate) mod driver;
mod neighbours;
mod options;
mod replicas;
mod requests;
