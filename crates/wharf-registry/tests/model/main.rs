//! The protocol of collection as a small explicit-state model: every order in which the store
//! calls of a few processes can come, time passing, processes being killed, and the power
//! failing, is tried, and after each call it is looked whether anything is lost.
//!
//! How it maps to the code: a [`Thing`](state::Thing) is a path of the store, its `touched` the
//! object's mtime. One step of a process is one call of a `Store`: [`writer::Op::Touch`] is
//! `Store::touch`, `Put` and `Publish` are the steps of `Store::commit` (a step is durable by
//! the `Settle` that follows), `TakeBack` and all removals of [`collector`] are
//! `Store::remove_untouched`, atomic as the store promises. The scripts in [`writer`] are
//! `manifests.rs`, `blobs.rs`, `uploads/commit.rs` and `trash.rs`; [`collector`] is
//! `collect.rs`. What no model of this size has: more than one layer, several tags, names that
//! are listed one by one (a listing is one step), errors of the store.
//!
//! [`Precaution`](state::Precaution) has everything that the protocol does against a loss. The
//! tests leave out each in turn and demand that the checker finds what is lost then: a check
//! that cannot fail would show nothing.
//!
//! The explorer is a page of our own ([`explore`]): stateright would bring a web server and a
//! dozen other crates that nothing else needs, and no way to leave them out.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod collector;
mod explore;
mod scenarios;
mod state;
mod writer;
