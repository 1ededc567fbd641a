//! Images with all that images have. As builders write them, each layer describes the
//! directories that it changes.

use super::archive::{Archive, Item, MTIME};

/// Another moment for each name, as far as archives tell moments apart.
fn at(item: Item, nanoseconds: bool) -> Item {
    if nanoseconds {
        return item.record("mtime", format!("{MTIME}.123456789"));
    }
    item
}

/// Every kind of file, with owners, modes and times.
pub(crate) fn base() -> Archive {
    let file = |name: &str| Item::new(b'0', name).content(name);
    Archive::new()
        .item(Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1))
        .item(Item::new(b'5', "bin/").mode(0o755))
        .item(file("bin/program").mode(0o755))
        .item(file("bin/setuid").mode(0o4755).owner(1000, 1001))
        .item(file("bin/setgid").mode(0o2755).owner(0, 50))
        .item(Item::new(b'5', "tmp/").mode(0o1777))
        .item(Item::new(b'5', "home/").mode(0o700).owner(1000, 1000))
        .item(at(file("home/exact").owner(1000, 1000), true))
        .item(file("home/unreadable").mode(0).owner(70_000, 70_001))
        .item(Item::new(b'0', "home/empty"))
        .item(Item::new(b'2', "link").link("bin/program").mode(0o777))
        .item(Item::new(b'2', "absolute").link("/bin/program").mode(0o777))
        .item(
            Item::new(b'2', "dangling")
                .link("../../nowhere")
                .mode(0o777),
        )
        .item(Item::new(b'1', "bin/other").link("bin/program").mode(0o755))
        .item(
            Item::new(b'1', "home/third")
                .link("bin/program")
                .mode(0o755),
        )
        .item(Item::new(b'6', "fifo").mode(0o620))
        .item(Item::new(b'3', "null").mode(0o666).device(1, 3))
        .item(Item::new(b'4', "loop").mode(0o660).device(7, 300))
        .dir("hidden")
        .dir("hidden/below")
        .dir("hidden/below/deep")
        .file("hidden/below/deep/file", "hidden")
        .dir("opaque")
        .file("opaque/old", "old")
        .dir("opaque/olddir")
        .file("opaque/olddir/file", "old")
        .file("becomes-dir", "file")
        .dir("becomes-file")
        .file("becomes-file/inside", "gone")
        .symlink("becomes-real", "bin")
        .file("removed", "removed")
        .file("changed", "before")
}

/// Names of every length, and of bytes that are no text.
pub(crate) fn names() -> Archive {
    let long = "n".repeat(250);
    Archive::new()
        .item(Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1))
        .dir("names")
        .file(format!("names/{long}"), "long")
        .dir("names/d")
        .dir(format!("names/d/{long}"))
        .dir(format!("names/d/{long}/{long}"))
        .file(format!("names/d/{long}/{long}/{long}"), "longer")
        .symlink("names/to", format!("d/{long}/{long}"))
        .file("names/two words", "1")
        .file("names/new\nline", "2")
        .file("names/ünïcode", "3")
        .file(b"names/latin\xe9", "4")
        .dir(b"names/\xff\xfe")
        .file(b"names/\xff\xfe/inside", "5")
}

/// What takes away, and what puts something else in its place.
pub(crate) fn changes() -> Archive {
    Archive::new()
        .item(Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1))
        .empty(".wh.removed")
        .dir("hidden")
        .dir("hidden/below")
        .empty("hidden/below/.wh.deep")
        .item(Item::new(b'5', "opaque/").mode(0o750).owner(5, 6))
        .empty("opaque/.wh..wh..opq")
        .file("opaque/new", "new")
        .dir("becomes-dir")
        .file("becomes-dir/inside", "there")
        .file("becomes-file", "file")
        .dir("becomes-real")
        .file("becomes-real/inside", "real")
        .item(
            Item::new(b'0', "changed")
                .content("after")
                .mode(0o600)
                .mtime(MTIME + 7),
        )
        .item(Item::new(b'5', "tmp/").mode(0o1770).owner(0, 9))
}

/// Names of files that lower layers have.
pub(crate) fn links() -> Archive {
    Archive::new()
        .item(Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1))
        .item(
            Item::new(b'1', "linked")
                .link("bin/setgid")
                .mode(0o2755)
                .owner(0, 50),
        )
        .file("first", "new")
        .hard_link("second", "first")
}

/// Extended attributes.
pub(crate) fn attributes() -> Archive {
    let capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    Archive::new()
        .item(Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1))
        .dir("bin")
        .item(
            Item::new(b'0', "bin/capable")
                .mode(0o755)
                .content("program")
                .record("SCHILY.xattr.security.capability", capability),
        )
        .item(
            Item::new(b'0', "attributes")
                .content("some")
                .record("SCHILY.xattr.user.one", "1")
                .record("SCHILY.xattr.user.two", b"\0\x01"),
        )
}

/// Ten thousand files.
pub(crate) fn many() -> Archive {
    let top = Item::new(b'5', "./").mode(0o755).mtime(MTIME + 1);
    let mut archive = Archive::new().item(top).dir("many");
    for directory in 0..100 {
        archive = archive.dir(format!("many/{directory}"));
        for file in 0..100 {
            let name = format!("many/{directory}/{file}");
            archive = archive.file(&name, &name);
        }
    }
    archive
}
