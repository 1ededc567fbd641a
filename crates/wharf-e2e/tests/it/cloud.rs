//! Buckets, on real servers.

mod azure;
mod clients;
mod driver;
mod neighbours;
mod options;
mod replicas;
mod requests;
