//! Manifests: what is taken, what is refused, what is served, and what is left after deletion.

mod deletion;
mod elsewhere;
mod mounting;
mod pulling;
mod pushing;
mod races;
mod references;
