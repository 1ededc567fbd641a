//! An image as one archive: what was unpacked, exported and unpacked again is the same.

use std::fs::File;
use std::io::{Read as _, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use wharf_layers::{Limits, Tree, export};

use crate::archive::{Archive, Item};
use crate::scene::{Scene, source, unpack_sources};

fn layers() -> Vec<Archive> {
    vec![
        Archive::new()
            .item(Item::new(b'5', "d").mode(0o1777).mtime(5).owner(7, 8))
            .item(
                Item::new(b'0', "d/file")
                    .content(vec![3; 70_000])
                    .mode(0o6755)
                    .record("mtime", "9.000000123"),
            )
            .item(Item::new(b'0', "d/old").record("mtime", "-1.25"))
            .hard_link("hard", "d/file")
            .symlink("link", "d//./file")
            .symlink("long-link", "t".repeat(300))
            .item(Item::new(b'6', "fifo").mode(0o600))
            .item(Item::new(b'3', "null").device(1, 3))
            .file("n".repeat(200), "long")
            .file(b"\xff\xfe", "not utf-8")
            .item(Item::new(b'0', "noted").record("SCHILY.xattr.user.note", b"a\nb\0\xff")),
        Archive::new().dir("e").file("e/a", "1"),
    ]
}

fn exported(image: &Path) -> Vec<u8> {
    let mut output = Vec::new();
    export(image, &mut output).unwrap();
    output
}

#[test]
fn an_export_is_the_image() {
    let scene = Scene::new();
    scene.unpack(layers());
    let output = exported(&scene.image());

    let again = Scene::new();
    unpack_sources(
        &again.image(),
        vec![source(output.clone())],
        Limits::default(),
    )
    .unwrap();
    assert_eq!(exported(&again.image()), output);
    let inode = |path: &str| again.path(path).metadata().unwrap().ino();
    assert_eq!(inode("hard"), inode("d/file"));

    let tree = Tree::new(Limits::default()).apply(source(output)).unwrap();
    if crate::scene::is_root() {
        let whole = layers()
            .into_iter()
            .fold(Tree::new(Limits::default()), |tree, layer| {
                tree.apply(source(layer.end())).unwrap()
            });
        assert_eq!(whole.compare(&tree), []);
    } else {
        assert!(tree.node(b"d/file").is_some() && tree.node(b"null").is_none());
    }
}

#[test]
fn other_programs_read_it() {
    let scene = Scene::new();
    scene.unpack(layers());
    let path = scene.outside().join("export.tar");
    export(&scene.image(), File::create(&path).unwrap()).unwrap();
    let list = std::process::Command::new("tar")
        .arg("-tf")
        .arg(&path)
        .output()
        .unwrap();
    assert!(list.status.success());
    let names = String::from_utf8(list.stdout).unwrap();
    assert!(names.starts_with("d/\nd/file\nd/old\ne/\ne/a\n"), "{names}");
    assert!(
        list.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&list.stderr)
    );
}

#[test]
fn an_image_that_is_not_whole_is_not_exported() {
    let scene = Scene::new();
    scene.fails(vec![Archive::new().file("..", "")], Limits::default());
    assert!(export(&scene.image(), Vec::new()).is_err());
}

/// As `/etc/shadow` in the images of some distributions: its owner may not read it either.
#[test]
fn a_file_that_is_closed_to_its_owner_is_exported() {
    let scene = Scene::new();
    let shadow = Item::new(b'0', "shadow").mode(0).content(b"secret");
    scene.unpack(vec![Archive::new().item(shadow)]);
    let output = exported(&scene.image());
    let mut archive = tar::Archive::new(output.as_slice());
    let mut entry = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.header().mode().unwrap() & 0o7777, 0);
    let mut content = String::new();
    entry.read_to_string(&mut content).unwrap();
    assert_eq!(content, "secret");
}

/// Fails once.
struct Failing {
    written: Vec<u8>,
    failed: bool,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.failed && self.written.len() > 70_000 {
            self.failed = true;
            return Err(std::io::Error::other("of the test"));
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_export_that_failed_is_no_archive() {
    let scene = Scene::new();
    scene.unpack(layers());
    let mut output = Failing {
        written: Vec::new(),
        failed: false,
    };
    export(&scene.image(), &mut output).unwrap_err();
    assert!(output.written.ends_with(b"incomplete"));
}
