//! The domain from outside, over stores in memory, in files and on disks that fail.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod bodies;
mod catalog;
mod client;
mod collect;
mod collected;
mod contents;
mod copying;
mod deletion;
mod descriptors;
mod elsewhere;
mod faults;
mod fixtures;
mod images;
mod ledger;
mod legality;
mod manifests;
mod meddling;
mod options;
mod paths;
mod powerloss;
mod purge;
mod referrers;
mod script;
mod scrub;
mod slow;
mod tags;
mod trash;
mod tree;
mod uploads;
