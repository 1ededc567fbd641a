//! `wharf export`: an archive of what `wharf unpack` makes.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;

use super::image::Image;
use super::samples::{attributes, base, changes, links, names};
use super::snapshot::{Look, assert_same, snapshot};
use super::wharf;
use crate::fixture::server;

#[test]
fn the_archive_has_what_the_directory_has() {
    let (server, scratch) = (server(), Scratch::new());
    let layers = [base(), names(), changes(), links(), attributes()];
    Image::of(layers).push(&server, "trees/export", "1");
    let name = format!("{}/trees/export:1", server.host());
    let (root, back, temporary) = (scratch.join("r"), scratch.join("b"), scratch.join("t"));
    wharf("unpack --quiet").arg(&name).arg(&root).ok();
    for directory in [&back, &temporary] {
        fs::create_dir(directory).unwrap();
    }
    let export = || wharf("export").arg(&name).env("TMPDIR", &temporary);
    let archive = export().ok().stdout;
    let file = scratch.join("archive.tar");
    export().arg("-o").arg(&file).ok();
    assert!(fs::read(&file).unwrap() == archive);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);

    Run::tool("tar")
        .words("-x -p --numeric-owner --same-owner --xattrs --xattrs-include=* -C")
        .arg(&back)
        .input(archive)
        .ok();
    let (mut ours, mut theirs) = (snapshot(&root, Look::CLOSE), snapshot(&back, Look::CLOSE));
    // As `docker export`, it says nothing of the root.
    ours.remove("");
    theirs.remove("");
    assert_same(&ours, &theirs, "the archive");
}
