//! Owners, modes, times and extended attributes.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rustix::fs::{lgetxattr, llistxattr};
use wharf_layers::Notice;

use crate::archive::{Archive, Item};
use crate::scene::{Scene, is_root};

/// `security.capability` of `cap_net_raw=ep`, with a newline's byte in it.
const CAPABILITY: &[u8] = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn xattr(scene: &Scene, path: &str, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 256];
    let len = lgetxattr(scene.path(path), name, &mut value[..]).ok()?;
    Some(value[..len].to_vec())
}

#[test]
fn owners_and_setuid_as_root() {
    let scene = Scene::new();
    let owned = |kind: u8, name: &str| Item::new(kind, name).owner(1234, 3_000_000_000);
    let report = scene.unpack(vec![
        Archive::new()
            .item(owned(b'0', "su").mode(0o6755).content("x"))
            .item(owned(b'5', "tmp").mode(0o1777))
            .item(owned(b'5', "setgid").mode(0o2775))
            .item(owned(b'2', "link").link("su"))
            .item(owned(b'6', "fifo").mode(0o620))
            .file("setgid/below", ""),
    ]);
    let found = |path: &str| {
        let found = scene.path(path).symlink_metadata().unwrap();
        (found.mode() & 0o7777, found.uid(), found.gid())
    };
    if is_root() {
        assert_eq!(found("su"), (0o6755, 1234, 3_000_000_000));
        assert_eq!(found("tmp"), (0o1777, 1234, 3_000_000_000));
        assert_eq!(found("setgid"), (0o2775, 1234, 3_000_000_000));
        assert_eq!(found("link"), (0o777, 1234, 3_000_000_000));
        assert_eq!(found("fifo"), (0o620, 1234, 3_000_000_000));
        assert_eq!(found("setgid/below"), (0o644, 0, 0));
        assert_eq!(report.notices, []);
    } else {
        assert_eq!(found("su").0, 0o755);
        assert_eq!(
            report.notices,
            [(Notice::OwnerKept, 6), (Notice::SetIdDropped, 2)]
        );
    }
}

#[test]
fn modes_that_close_directories() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .item(Item::new(b'5', "closed").mode(0o555))
            .item(Item::new(b'5', "closed/within").mode(0))
            .dir("closed/within/deep")
            .file("closed/within/a", "1"),
        Archive::new()
            .file("closed/within/b", "2")
            .item(Item::new(b'0', "none").mode(0)),
    ]);
    let mode = |path: &str| scene.path(path).metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode("closed"), 0o555);
    assert_eq!(mode("closed/within"), 0);
    assert_eq!(mode("none"), 0);
    if is_root() {
        assert_eq!(mode("closed/within/b"), 0o644);
    }
    // Or nobody but root could clean up.
    for path in ["closed", "closed/within"] {
        std::fs::set_permissions(scene.path(path), PermissionsExt::from_mode(0o700)).unwrap();
    }
    assert_eq!(scene.read("closed/within/a"), "1");
}

#[test]
fn directories_that_no_entry_describes() {
    let scene = Scene::new();
    scene.unpack(vec![Archive::new().file("a/b/c", "1")]);
    for path in ["", "a", "a/b"] {
        let found = scene.path(path).metadata().unwrap();
        assert_eq!(found.mode() & 0o7777, 0o755, "{path}");
    }
}

#[test]
fn the_root_is_described_too() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .item(Item::new(b'5', "./").mode(0o711).mtime(99))
            .file("a", "1"),
    ]);
    let found = scene.image().metadata().unwrap();
    assert_eq!((found.mode() & 0o7777, found.mtime()), (0o711, 99));
}

#[test]
fn times_to_the_nanosecond_and_before_1970() {
    let scene = Scene::new();
    let timed = |kind: u8, name: &str| {
        Item::new(kind, name)
            .link("x")
            .record("mtime", "1234.000000567")
    };
    scene.unpack(vec![
        Archive::new()
            .item(timed(b'0', "file"))
            .item(timed(b'5', "dir"))
            .item(timed(b'2', "link"))
            .item(timed(b'6', "fifo"))
            .item(Item::new(b'0', "old").record("mtime", "-1.25"))
            .item(Item::new(b'0', "header").mtime(77))
            .file("dir/below", "1"),
    ]);
    let time = |path: &str| {
        let found = scene.path(path).symlink_metadata().unwrap();
        (found.mtime(), found.mtime_nsec())
    };
    for path in ["file", "dir", "link", "fifo"] {
        assert_eq!(time(path), (1234, 567), "{path}");
    }
    assert_eq!(time("old"), (-2, 750_000_000));
    assert_eq!(time("header"), (77, 0));
}

#[test]
fn extended_attributes_as_root() {
    let scene = Scene::new();
    let with = |kind: u8, name: &str| {
        Item::new(kind, name)
            .owner(5, 5)
            .record("SCHILY.xattr.user.note", b"any\nbytes\0=\xff")
            .record("SCHILY.xattr.security.capability", CAPABILITY)
            .record("SCHILY.xattr.trusted.other", "t")
    };
    let report = scene.unpack(vec![
        Archive::new()
            .item(with(b'0', "file").content("x"))
            .item(with(b'5', "dir")),
    ]);
    for path in ["file", "dir"] {
        assert_eq!(
            xattr(&scene, path, "user.note").unwrap(),
            b"any\nbytes\0=\xff",
            "{path}"
        );
        if is_root() {
            assert_eq!(
                xattr(&scene, path, "security.capability").unwrap(),
                CAPABILITY,
                "{path}"
            );
            assert_eq!(
                xattr(&scene, path, "trusted.other").unwrap(),
                b"t",
                "{path}"
            );
        } else {
            assert!(report.notices.contains(&(Notice::XattrSkipped, 4)));
        }
    }
}

#[test]
fn extended_attributes_of_links_as_root() {
    let scene = Scene::new();
    let link = Item::new(b'2', "link")
        .link("x")
        .record("SCHILY.xattr.trusted.other", "t");
    let report = scene.unpack(vec![Archive::new().item(link)]);
    if is_root() {
        assert_eq!(xattr(&scene, "link", "trusted.other").unwrap(), b"t");
    } else {
        assert!(report.notices.contains(&(Notice::XattrSkipped, 1)));
    }
}

#[test]
fn attributes_that_mean_something_to_this_machine_are_left_out() {
    let scene = Scene::new();
    let mut item = Item::new(b'5', "dir");
    for name in [
        "trusted.overlay.opaque",
        "user.overlay.redirect",
        "security.selinux",
        "security.ima",
        "made.up",
    ] {
        item = item.record(&format!("SCHILY.xattr.{name}"), "y");
    }
    let report = scene.unpack(vec![Archive::new().item(item)]);
    assert!(report.notices.contains(&(Notice::XattrSkipped, 5)));
    let len = llistxattr(scene.path("dir"), &mut [0; 256][..]).unwrap();
    assert_eq!(len, 0);
}

#[test]
fn a_directory_that_comes_again_loses_the_attributes_it_had() {
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().item(Item::new(b'5', "dir").record("SCHILY.xattr.user.one", "1")),
        Archive::new().item(Item::new(b'5', "dir").record("SCHILY.xattr.user.two", "2")),
    ]);
    assert_eq!(xattr(&scene, "dir", "user.one"), None);
    assert_eq!(xattr(&scene, "dir", "user.two").unwrap(), b"2");
}

/// As Go reads them: of two headers of records before an entry the last one counts.
#[test]
fn records_are_those_of_the_last_header() {
    let scene = Scene::new();
    let record = |key: &str, value: &str| [(key.to_owned(), value.as_bytes().to_vec())];
    scene.unpack(vec![
        Archive::new()
            .pax(&record("path", "forgotten"))
            .pax(&record("mtime", "1234"))
            .item(Item::new(b'0', "named")),
    ]);
    assert!(!scene.path("forgotten").exists());
    let found = scene.path("named").metadata().unwrap();
    assert_eq!(found.mtime(), 1234);
}
