//! The library of images, from outside.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests damage files, and panic where they fail"
)]

mod attached;
mod compressed;
mod copies;
mod damaged;
mod docker_archives;
mod engine;
mod http;
mod inspections;
mod layouts;
mod memory;
mod parts;
mod places;
mod registry;
mod samples;
mod selections;
