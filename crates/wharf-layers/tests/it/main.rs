//! Layers applied, compared and exported, as a client does it.

#![expect(clippy::disallowed_methods, reason = "the tests' own files")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails is the test"
)]

mod archive;
mod comparing;
mod contained;
mod damage;
mod exporting;
mod hostile;
mod kinds;
mod many;
mod mark;
mod metadata;
mod reading;
mod rootless;
mod scene;
mod snapshot;
mod sparse;
mod whiteouts;
