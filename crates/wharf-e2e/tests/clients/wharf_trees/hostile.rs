//! Layers that no honest tool writes, at the command line: each is refused, and nothing beside
//! the directory is touched.

use std::fs;

use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;

use super::archive::{Archive, Item};
use super::image::{Image, Packed};
use super::snapshot::{Look, assert_same, snapshot};
use super::wharf;
use crate::fixture::server;

const MARK: &str = ".wh..wh.wharf-incomplete";

fn new() -> Archive {
    Archive::new()
}

/// `link` leads outside.
fn link() -> Archive {
    new().symlink("link", "../outside")
}

/// Layers, and what is said of the last entry of the last one.
fn refused() -> Vec<(&'static str, Vec<Archive>)> {
    let (dotdot, through) = ("has `..` in it", "behind a symbolic link");
    let parent = "a parent of it is not a directory";
    let links = "through too many symbolic links";
    let root = "the root can only be a directory";
    let hidden = "a whiteout through a symbolic link";
    let nothing = "a whiteout of nothing";
    let missing = "the target of the hard link is not there";
    vec![
        (dotdot, vec![new().file("../outside/canary", "dead")]),
        (
            dotdot,
            vec![new().dir("a").file("a/../../outside/canary", "dead")],
        ),
        (dotdot, vec![new().dir("a/..")]),
        (dotdot, vec![new().file("/../outside/canary", "dead")]),
        (
            dotdot,
            vec![new().item(Item::new(b'0', "a").record("path", "../outside/canary"))],
        ),
        (
            dotdot,
            vec![
                new()
                    .extension(b'L', b"../outside/canary\0")
                    .file("a", "dead"),
            ],
        ),
        (dotdot, vec![new().hard_link("a", "../outside/canary")]),
        (
            dotdot,
            vec![new().dir("a").hard_link("b", "a/../../outside/canary")],
        ),
        (dotdot, vec![new().empty(".wh...")]),
        (dotdot, vec![new().empty("../outside/.wh.canary")]),
        ("its name is empty", vec![new().file("", "dead")]),
        (
            "a NUL byte",
            vec![new().item(Item::new(b'0', "a").record("path", b"a\0b"))],
        ),
        (
            "a NUL byte",
            vec![new().item(Item::new(b'2', "a").record("linkpath", b"a\0b"))],
        ),
        ("more than 255 bytes", vec![new().file("a".repeat(256), "")]),
        (
            "more than 4095 bytes",
            vec![new().file("a/bcdefg/".repeat(456), "")],
        ),
        (
            "more than 4095 bytes",
            vec![new().symlink("a", "b".repeat(4096))],
        ),
        ("directories deep", vec![new().dir("a/".repeat(257))]),
        (root, vec![new().file(".", "dead")]),
        (root, vec![new().symlink("./", "../outside")]),
        (root, vec![new().hard_link("/", "../outside/canary")]),
        (through, vec![link().hard_link("a", "link/canary")]),
        (through, vec![link(), new().hard_link("a", "link/canary")]),
        (missing, vec![new().hard_link("a", "/outside/canary")]),
        (missing, vec![new().hard_link("a", MARK)]),
        ("is a directory", vec![new().dir("a").hard_link("b", "a")]),
        (
            "a hard link to itself",
            vec![new().file("a", "").hard_link("a", "./a")],
        ),
        (parent, vec![new().file("a", "").file("a/b", "")]),
        (parent, vec![new().file("a", ""), new().file("a/b", "")]),
        (parent, vec![new().fifo("a").file("a/b", "")]),
        (parent, vec![new().symlink("l", MARK).file("l/b", "")]),
        (
            links,
            vec![new().symlink("a", "b").symlink("b", "a").file("a/c", "")],
        ),
        (links, vec![new().symlink("a", "./a").file("a/c", "")]),
        (nothing, vec![new().dir("a").empty("a/.wh..")]),
        (nothing, vec![new().dir("a").empty("a/.wh.")]),
        (hidden, vec![link(), new().empty("link/.wh.canary")]),
        (hidden, vec![link().empty("link/.wh.canary")]),
        (hidden, vec![link(), new().empty("link/.wh..wh..opq")]),
        ("named as whiteouts are", vec![new().file(".wh.a/b", "")]),
        ("without a target", vec![new().symlink("a", "")]),
        (
            "is not one that layers have",
            vec![new().item(Item::new(b'V', "a"))],
        ),
        (
            "is not one that layers have",
            vec![new().item(Item::new(0xff, "a"))],
        ),
    ]
}

#[test]
fn each_is_refused_and_nothing_beside_the_directory_is_touched() {
    let (server, scratch) = (server(), Scratch::new());
    let outside = scratch.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("canary"), "alive").unwrap();
    let before = snapshot(&outside, Look::CLOSE);
    let refused = refused();
    assert!(refused.len() >= 25);
    for (number, (why, layers)) in refused.into_iter().enumerate() {
        let root = scratch.join("root");
        let image = Image::of(layers).packed(Packed::Plain);
        let name = push(&server, &image, number);
        let told = wharf("unpack").arg(&name).arg(&root).exits(1);
        let told = told.stderr.replace('\n', " ");
        let story = format!("{number}: {told}");
        assert!(told.contains(why), "{why}: {story}");
        assert!(told.contains("does not have the whole image"), "{story}");
        let mark = fs::read_to_string(root.join(MARK)).unwrap();
        assert!(mark.contains(why), "{story}\n{mark}");
        assert_same(&snapshot(&outside, Look::CLOSE), &before, "before");
        let names = fs::read_dir(scratch.path()).unwrap();
        assert_eq!(names.count(), 2, "{story}");
        // As somebody cleans up: nothing in it is in the way.
        fs::remove_dir_all(&root).unwrap();
    }
    assert!(!fs::exists("/outside").unwrap());
}

#[test]
fn comparing_and_exporting_refuse_them_too() {
    let (server, scratch) = (server(), Scratch::new());
    let layers = vec![link(), new().hard_link("a", "link/canary")];
    let name = push(&server, &Image::of(layers).packed(Packed::Plain), 1000);
    let other = push(&server, &Image::of([new().file("a", "")]), 1001);
    for told in [
        wharf("diff").args([&name, &other]).exits(2),
        wharf("export")
            .args([&name, "--output", "archive.tar"])
            .env("TMPDIR", scratch.path())
            .directory(scratch.path())
            .exits(1),
    ] {
        assert!(told.stderr.contains("behind a symbolic link"), "{told:#?}");
        assert_eq!(told.text(), "");
    }
    // Neither the archive nor what it was to be made of.
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

fn push(server: &Server, image: &Image, number: usize) -> String {
    let repository = format!("trees/hostile-{number}");
    image.push(server, &repository, "1");
    format!("{}/{repository}:1", server.host())
}
