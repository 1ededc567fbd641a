//! What servers hold when a workload begins, made in the quickest way each server allows: files
//! in distribution's layout, files below nginx's root, or pushes.

pub mod collected;
pub mod filled;
pub mod large;
pub mod removal;
pub mod tree;
pub mod website;
