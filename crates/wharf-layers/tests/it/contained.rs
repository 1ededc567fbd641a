//! Layers whose paths lead outside as written, and that honest tools write all the same: they
//! stay inside, as in a chroot.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::archive::{Archive, Item};
use crate::scene::Scene;
use crate::snapshot::snapshot;

#[test]
fn absolute_names_mean_the_root() {
    let scene = Scene::new();
    let outside = scene.outside().join("canary");
    scene.unpack(vec![
        Archive::new()
            .dir("/")
            .file("/wharf-layers-escape/file", "ours")
            .file(outside.to_str().unwrap(), "ours"),
    ]);
    assert_eq!(scene.read("wharf-layers-escape/file"), "ours");
    assert_eq!(
        scene.read(outside.strip_prefix("/").unwrap().to_str().unwrap()),
        "ours"
    );
}

#[test]
fn links_as_parents_are_followed_inside() {
    let scene = Scene::new();
    let outside = scene.outside();
    let inside = outside.strip_prefix("/").unwrap().to_str().unwrap();
    scene.unpack(vec![
        Archive::new()
            .symlink("absolute", outside.to_str().unwrap())
            .symlink("relative", "../outside")
            .symlink("up", "../../../../../../../../..")
            .dir("usr/lib")
            .symlink("lib", "usr/lib")
            .symlink("usr/lib/deep", "../../etc/./deep"),
        Archive::new()
            .file("absolute/canary", "one")
            .file("relative/canary", "two")
            .file("up/wharf-layers-escape/file", "three")
            .file("lib/libc.so", "four")
            .file("lib/deep/file", "five"),
    ]);
    assert_eq!(scene.read(&format!("{inside}/canary")), "one");
    assert_eq!(scene.read("outside/canary"), "two");
    assert_eq!(scene.read("wharf-layers-escape/file"), "three");
    assert!(!fs::exists("/wharf-layers-escape").unwrap());
    assert_eq!(scene.read("usr/lib/libc.so"), "four");
    assert_eq!(scene.read("etc/deep/file"), "five");
    assert!(scene.path("lib").is_symlink());
}

#[test]
fn a_link_is_replaced_and_never_written_through() {
    let other = Scene::new();
    let before = snapshot(&other.outside());
    let canary = other.outside().join("canary");
    let canary = canary.to_str().unwrap();
    for layers in [
        vec![Archive::new().symlink("a", canary).file("a", "new")],
        vec![
            Archive::new().symlink("a", canary),
            Archive::new().file("a", "new"),
        ],
        vec![
            Archive::new().symlink("a", "../outside/canary"),
            Archive::new().file("a", "new"),
        ],
        vec![
            Archive::new()
                .symlink("b", canary)
                .hard_link("a", "b")
                .file("a", "new"),
        ],
    ] {
        let scene = Scene::new();
        scene.unpack(layers);
        assert_eq!(scene.read("a"), "new");
        assert!(!scene.path("a").is_symlink());
    }
    assert_eq!(snapshot(&other.outside()), before);
}

#[test]
fn a_link_is_replaced_by_a_directory() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .symlink("a", "../outside")
            .symlink("b", "../outside/canary"),
        Archive::new().dir("a").file("a/canary", "new").fifo("b"),
    ]);
    assert!(!scene.path("a").is_symlink());
    assert_eq!(scene.read("a/canary"), "new");
    assert!(!scene.path("b").is_symlink());
}

#[test]
fn a_directory_becomes_a_link_after_something_was_put_into_it() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .dir("a")
            .file("a/one", "1")
            .symlink("a", "../outside")
            .file("a/canary", "2"),
    ]);
    assert_eq!(scene.read("outside/canary"), "2");
    assert!(scene.path("a").is_symlink());
}

#[test]
fn a_link_is_replaced_that_the_path_to_it_leads_through() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .dir("a")
            .symlink("a/l", "../a")
            .file("a/l/one", "1")
            .dir("a/l/l")
            .file("a/l/two", "2"),
    ]);
    assert_eq!(scene.read("a/one"), "1");
    assert_eq!(scene.read("a/l/two"), "2");
    assert!(!scene.has("a/two"));
}

#[test]
fn what_describes_a_link_does_not_reach_its_target() {
    let scene = Scene::new();
    let link = |name: &str| {
        Item::new(b'2', name)
            .link("../outside/canary")
            .mode(0o777)
            .mtime(1)
            .owner(7, 7)
    };
    scene.unpack(vec![Archive::new().item(link("a")).hard_link("b", "a")]);
    assert_eq!(scene.path("a").symlink_metadata().unwrap().mtime(), 1);
    let inode = |name: &str| scene.path(name).symlink_metadata().unwrap().ino();
    assert_eq!(inode("a"), inode("b"));
}

#[test]
fn hiding_a_link_does_not_reach_its_target() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .symlink("a", "../outside")
            .dir("d")
            .symlink("d/b", "../../outside"),
        Archive::new().empty(".wh.a").empty("d/.wh..wh..opq"),
    ]);
    assert!(!scene.has("a"));
    assert!(!scene.has("d/b"));
    assert!(scene.has("d"));
}

#[test]
fn names_that_differ_in_case_are_different_names() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .symlink("Dir", "../outside")
            .file("dir/canary", "ours")
            .file("DIR", "file"),
    ]);
    assert!(scene.path("Dir").is_symlink());
    assert_eq!(scene.read("dir/canary"), "ours");
    assert_eq!(fs::read_dir(scene.image()).unwrap().count(), 3);
}
