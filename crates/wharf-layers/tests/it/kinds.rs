//! Every kind of file, under every kind of name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use wharf_layers::Notice;

use crate::archive::{Archive, Item};
use crate::scene::{Scene, is_root};

#[test]
fn files_directories_links_and_fifos() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .dir("d/")
            .file("d/file", "content")
            .symlink("d/link", "../d//./file")
            .hard_link("hard", "./d/file")
            .fifo("fifo")
            .hard_link("fifo2", "fifo")
            .hard_link("link2", "d/link"),
    ]);
    assert_eq!(scene.read("d/file"), "content");
    let target = fs::read_link(scene.path("d/link")).unwrap();
    assert_eq!(target.as_os_str().as_bytes(), b"../d//./file");
    assert!(scene.path("fifo").metadata().unwrap().file_type().is_fifo());
    let found = |path: &str| scene.path(path).symlink_metadata().unwrap();
    for (one, other) in [("hard", "d/file"), ("fifo", "fifo2"), ("d/link", "link2")] {
        assert_eq!(found(one).ino(), found(other).ino());
        assert_eq!(found(one).nlink(), 2);
    }
}

#[test]
fn devices_as_root() {
    let scene = Scene::new();
    let report = scene.unpack(vec![
        Archive::new()
            .item(Item::new(b'3', "null").device(1, 3).mode(0o666))
            .item(Item::new(b'4', "disk").device(259, 70000).mode(0o600)),
    ]);
    if is_root() {
        let null = scene.path("null").metadata().unwrap();
        assert!(null.file_type().is_char_device());
        assert_eq!(
            (null.rdev(), null.mode() & 0o7777),
            (rustix::fs::makedev(1, 3), 0o666)
        );
        let disk = scene.path("disk").metadata().unwrap();
        assert!(disk.file_type().is_block_device());
        assert_eq!(disk.rdev(), rustix::fs::makedev(259, 70000));
    } else {
        assert!(report.notices.contains(&(Notice::DeviceSkipped, 2)));
        assert!(!scene.has("null") && !scene.has("disk"));
    }
}

#[test]
fn names_of_every_kind() {
    let long = format!("{}/{}", "d".repeat(200), "n".repeat(255));
    let strange: [&[u8]; 6] = [
        b"not \xff utf-8 \xc3\x28",
        b"new\nline",
        b" blank ",
        b"back\\slash",
        "n\u{308}ame".as_bytes(),
        b"...",
    ];
    let mut archive = Archive::new().file(&long, "long");
    for name in strange {
        archive = archive.file(name, name);
    }
    let deep = "x/".repeat(250) + "file";
    archive = archive
        .file(&deep, "deep")
        .symlink("long-link", "t".repeat(300));
    let scene = Scene::new();
    scene.unpack(vec![archive]);
    assert_eq!(scene.read(&long), "long");
    assert_eq!(scene.read(&deep), "deep");
    for name in strange {
        let path = scene.image().join(OsStr::from_bytes(name));
        assert_eq!(fs::read(path).unwrap(), name);
    }
    assert_eq!(
        fs::read_link(scene.path("long-link"))
            .unwrap()
            .as_os_str()
            .len(),
        300
    );
}

#[test]
fn long_names_of_gnu() {
    let name = "g".repeat(120);
    let target = "t".repeat(130);
    let with_nul = |text: &str| [text.as_bytes(), b"\0"].concat();
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .extension(b'L', &with_nul(&name))
            .file("short", "content")
            .extension(b'K', &with_nul(&target))
            .extension(b'L', &with_nul("link"))
            .symlink("l", "t")
            .file("after", "a"),
    ]);
    assert_eq!(scene.read(&name), "content");
    assert_eq!(
        fs::read_link(scene.path("link")).unwrap().as_os_str().len(),
        130
    );
    assert_eq!(scene.read("after"), "a");
    assert!(!scene.has("short") && !scene.has("l"));
}

#[test]
fn a_prefix_of_posix() {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..4].copy_from_slice(b"name");
    header.as_ustar_mut().unwrap().prefix[..6].copy_from_slice(b"a/long");
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(2);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1);
    header.set_cksum();
    let scene = Scene::new();
    scene.unpack(vec![Archive::new().raw(&header, b"ok")]);
    assert_eq!(scene.read("a/long/name"), "ok");
}

#[test]
fn archives_from_before_posix() {
    let mut header = tar::Header::new_old();
    header.as_old_mut().name[..2].copy_from_slice(b"d/");
    // Blank numbers are zero.
    header.as_old_mut().mode = *b"    755\0";
    header.set_cksum();
    let scene = Scene::new();
    scene.unpack(vec![Archive::new().raw(&header, b"").file("d/a", "1")]);
    assert!(scene.path("d").is_dir());
}

#[test]
fn records_of_all_entries_are_passed_over() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .extension(b'g', b"16 path=nothing\n")
            .file("a", "1"),
    ]);
    assert_eq!(scene.read("a"), "1");
}

#[test]
fn a_record_of_the_size_is_believed_rather_than_the_header() {
    let scene = Scene::new();
    let mut item = Item::new(b'0', "a")
        .content("0123456789")
        .record("size", "10");
    item.header.set_size(0);
    scene.unpack(vec![Archive::new().item(item).file("b", "b")]);
    assert_eq!(scene.read("a"), "0123456789");
    assert_eq!(scene.read("b"), "b");
}
