//! Tests of the built binary with real clients. One module per client.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests read and write files, and panic"
)]

mod accounts;
mod acme;
mod audit;
mod authorization_server;
mod buildah;
mod challenges;
mod cloud;
mod collect;
mod configurations;
mod container;
mod containerd;
mod crane;
mod crash;
mod crossings;
mod docker;
mod edge;
mod extension;
mod fixture;
mod golden;
mod hangup;
mod haproxy;
mod identities;
mod inherited;
mod killed;
mod locks;
mod logs;
mod nginx;
mod options;
mod oracle;
mod oras;
mod passwords;
mod podman;
mod prefix;
mod proxied;
mod recipes;
mod regctl;
mod remembered;
mod restart;
mod rules;
mod scrub;
mod skopeo;
mod socket;
mod specification;
mod storage_copy;
mod storm;
mod swap;
mod token_server;
mod trash;
mod wharf_client;
mod wharf_trees;
