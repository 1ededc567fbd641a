//! `wharf` takes images apart, and asks registries for one thing: the built binary against what
//! other programs make of the same images, and against other registries.

// Entries as no library writes them.
#[path = "../../../wharf-layers/tests/it/archive.rs"]
mod archive;
mod diff;
mod exits;
mod export;
mod hostile;
mod image;
mod interrupted;
mod registries;
mod same;
mod samples;
mod snapshot;
mod told;
mod unpack;
mod words;

use wharf_e2e::command::Run;
use wharf_e2e::server;

/// `wharf …`, as somebody of whom no file knows anything.
fn wharf(words: &str) -> Run {
    Run::program(server::wharf())
        .words(words)
        .env("HOME", "/nowhere")
        .env("DOCKER_CONFIG", "/nowhere")
}
