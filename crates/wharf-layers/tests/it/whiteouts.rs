//! What layers hide of those below them.

use std::os::unix::fs::MetadataExt;

use crate::archive::{Archive, Item};
use crate::scene::Scene;

fn below() -> Archive {
    Archive::new()
        .dir("d")
        .file("d/one", "1")
        .file("d/two", "2")
        .dir("d/sub")
        .file("d/sub/three", "3")
        .file("file", "f")
}

#[test]
fn files_and_directories_are_hidden() {
    let scene = Scene::new();
    scene.unpack(vec![
        below(),
        Archive::new()
            .empty("d/.wh.one")
            .empty("d/.wh.sub")
            .empty(".wh.file"),
    ]);
    assert!(!scene.has("d/one") && !scene.has("d/sub") && !scene.has("file"));
    assert_eq!(scene.read("d/two"), "2");
    assert!(!scene.has("d/.wh.one"));
}

#[test]
fn what_is_not_there_need_not_be_hidden() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .empty(".wh.a")
            .empty("b/.wh.c")
            .empty("d/.wh..wh..opq"),
    ]);
    assert!(!scene.has("b") && !scene.has("d"));
}

#[test]
fn an_opaque_directory_keeps_what_its_own_layer_brings_whatever_the_order() {
    let opaque = |archive: Archive| archive.empty("d/.wh..wh..opq");
    let bring = |archive: Archive| archive.file("d/new", "n").file("d/sub/four", "4");
    for layer in [
        bring(opaque(Archive::new().dir("d"))),
        opaque(bring(Archive::new().dir("d"))),
        opaque(bring(Archive::new())),
        opaque(bring(Archive::new()).dir("d/sub")),
        bring(opaque(Archive::new())),
    ] {
        let scene = Scene::new();
        scene.unpack(vec![below(), layer]);
        assert!(!scene.has("d/one") && !scene.has("d/two") && !scene.has("d/sub/three"));
        assert_eq!(scene.read("d/new"), "n");
        assert_eq!(scene.read("d/sub/four"), "4");
        assert_eq!(scene.read("file"), "f");
    }
}

#[test]
fn a_whiteout_hides_nothing_of_its_own_layer() {
    let scene = Scene::new();
    scene.unpack(vec![
        below(),
        Archive::new()
            .file("file", "new")
            .empty(".wh.file")
            .dir("d")
            .file("d/new", "n")
            .empty(".wh.d"),
    ]);
    assert_eq!(scene.read("file"), "new");
    assert_eq!(scene.read("d/new"), "n");
    assert!(!scene.has("d/one") && !scene.has("d/sub"));
}

#[test]
fn a_directory_is_hidden_and_begun_anew() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().file("d/a", "1"),
        Archive::new().empty(".wh.d").file("d/b", "2"),
    ]);
    assert!(!scene.has("d/a"));
    assert_eq!(scene.read("d/b"), "2");
}

#[test]
fn an_opaque_root_hides_all() {
    let scene = Scene::new();
    scene.unpack(vec![
        below(),
        Archive::new().empty(".wh..wh..opq").file("new", "n"),
    ]);
    assert!(!scene.has("d") && !scene.has("file"));
    assert_eq!(scene.read("new"), "n");
}

#[test]
fn what_was_hidden_can_come_back() {
    let scene = Scene::new();
    scene.unpack(vec![
        below(),
        Archive::new().empty(".wh.d"),
        Archive::new().dir("d").file("d/one", "again"),
    ]);
    assert_eq!(scene.read("d/one"), "again");
    assert!(!scene.has("d/two"));
}

#[test]
fn what_a_layer_hid_stays_hidden_although_a_later_layer_brought_its_neighbour() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().file("d/a", "1"),
        Archive::new().file("d/b", "2"),
        Archive::new().empty("d/.wh..wh..opq").file("d/c", "3"),
    ]);
    assert!(!scene.has("d/a") && !scene.has("d/b"));
    assert!(scene.has("d/c"));
}

#[test]
fn one_kind_replaces_another() {
    let scene = Scene::new();
    scene.unpack(vec![
        below().symlink("link", "d").fifo("fifo"),
        Archive::new()
            .dir("file")
            .file("file/in", "i")
            .file("d", "was a directory")
            .dir("link")
            .dir("fifo"),
    ]);
    assert_eq!(scene.read("file/in"), "i");
    assert_eq!(scene.read("d"), "was a directory");
    assert!(scene.path("link").is_dir() && !scene.path("link").is_symlink());
    assert!(scene.path("fifo").is_dir());
}

#[test]
fn a_directory_that_comes_again_keeps_what_is_in_it() {
    let scene = Scene::new();
    scene.unpack(vec![
        below(),
        Archive::new().item(Item::new(b'5', "d").mode(0o700).mtime(77)),
    ]);
    assert_eq!(scene.read("d/one"), "1");
    let found = scene.path("d").metadata().unwrap();
    assert_eq!((found.mode() & 0o7777, found.mtime()), (0o700, 77));
}

#[test]
fn a_directory_has_the_time_it_was_given_whatever_happens_in_it_later() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .item(Item::new(b'5', "d").mode(0o755).mtime(55))
            .file("d/a", "1"),
        Archive::new().file("d/b", "2").empty("d/.wh.a"),
    ]);
    assert_eq!(scene.path("d").metadata().unwrap().mtime(), 55);
}

#[test]
fn what_aufs_kept_for_itself_is_passed_over() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .empty(".wh..wh.aufs")
            .dir(".wh..wh.plnk")
            .file(".wh..wh.plnk/12.34", "x")
            .file("a", "1"),
    ]);
    assert_eq!(std::fs::read_dir(scene.image()).unwrap().count(), 1);
}

#[test]
fn a_hard_link_outlives_the_name_that_is_hidden_or_replaced() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().file("a", "one"),
        Archive::new().hard_link("b", "a").hard_link("c", "b"),
        Archive::new().empty(".wh.a").file("b", "two"),
    ]);
    assert!(!scene.has("a"));
    assert_eq!(scene.read("b"), "two");
    assert_eq!(scene.read("c"), "one");
}

#[test]
fn hard_links_across_layers_are_one_file() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().file("d/a", "one"),
        Archive::new().hard_link("e/b", "/d/a"),
    ]);
    let inode = |name: &str| scene.path(name).metadata().unwrap().ino();
    assert_eq!(inode("d/a"), inode("e/b"));
}
