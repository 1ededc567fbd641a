//! Images compared without unpacking.

use wharf_layers::{Change, Limits, NodeKind, Reason, Refusal, Tree};

use crate::archive::{Archive, Item};
use crate::scene::source;

fn tree(layers: Vec<Archive>) -> Tree {
    layers
        .into_iter()
        .fold(Tree::new(Limits::default()), |tree, layer| {
            tree.apply(source(layer.end())).unwrap()
        })
}

/// `+`, `-` and `~` for what was added, removed and changed.
fn compare(before: Vec<Archive>, after: Vec<Archive>) -> Vec<String> {
    let differences = tree(before).compare(&tree(after));
    let lines = differences.into_iter().map(|difference| {
        let sign = match difference.change {
            Change::Added(_) => '+',
            Change::Removed(_) => '-',
            Change::Changed { .. } => '~',
        };
        format!("{sign} {}", difference.path.escape_ascii())
    });
    lines.collect()
}

fn below() -> Archive {
    Archive::new()
        .dir("d")
        .file("d/one", "1")
        .file("d/two", "2")
        .symlink("link", "d")
        .file("file", "f")
}

#[test]
fn layers_in_other_pieces_are_the_same_image() {
    let pieces = vec![
        Archive::new()
            .file("gone", "x")
            .dir("d")
            .file("d/two", "2")
            .file("file", "other"),
        Archive::new()
            .empty(".wh.gone")
            .symlink("link", "d")
            .file("file", "f")
            .dir("d")
            .file("d/one", "1"),
    ];
    assert_eq!(compare(vec![below()], pieces), Vec::<String>::new());
}

#[test]
fn what_was_added_removed_and_changed() {
    let above = Archive::new()
        .empty("d/.wh.one")
        .file("d/two", "two")
        .file("link/three", "3")
        .item(Item::new(b'0', "file").content("f").mode(0o755))
        .dir("new/sub")
        .hard_link("new/hard", "d/two");
    assert_eq!(
        compare(vec![below()], vec![below(), above]),
        [
            "- d/one",
            "+ d/three",
            "~ d/two",
            "~ file",
            "+ new",
            "+ new/hard",
            "+ new/sub"
        ]
    );
}

#[test]
fn opaque_directories_and_other_kinds() {
    let above = Archive::new()
        .file("d/new", "n")
        .empty("d/.wh..wh..opq")
        .fifo("link")
        .dir("file")
        .file("file/in", "i");
    assert_eq!(
        compare(vec![below()], vec![below(), above]),
        [
            "+ d/new",
            "- d/one",
            "- d/two",
            "~ file",
            "+ file/in",
            "~ link"
        ]
    );
}

#[test]
fn attributes_times_and_owners_count() {
    let item = || Item::new(b'0', "a").content("1");
    let base = || vec![Archive::new().item(item())];
    for other in [
        item().owner(1, 0),
        item().owner(0, 1),
        item().mtime(1),
        item().record("mtime", "1600000000.5"),
        item().record("SCHILY.xattr.user.a", "1"),
        item().content("2"),
    ] {
        assert_eq!(compare(base(), vec![Archive::new().item(other)]), ["~ a"]);
    }
    assert_eq!(compare(base(), base()), Vec::<String>::new());
}

#[test]
fn a_file_with_holes_equals_one_with_zeroes() {
    let mut whole = vec![0; 100_000];
    whole[50_000..50_512].fill(7);
    let sparse = Item::new(b'0', "a")
        .content([7; 512])
        .record("GNU.sparse.size", "100000")
        .record("GNU.sparse.map", "50000,512");
    let whole = Item::new(b'0', "a").content(whole);
    let trees = [sparse, whole].map(|item| vec![Archive::new().item(item)]);
    let [sparse, whole] = trees;
    assert_eq!(compare(sparse, whole), Vec::<String>::new());
}

#[test]
fn hard_links_are_their_targets() {
    let tree = tree(vec![
        Archive::new().file("a", "1"),
        Archive::new().hard_link("b", "a"),
        Archive::new().file("a", "2"),
    ]);
    let content = |path: &str| match &tree.node(path.as_bytes()).unwrap().kind {
        NodeKind::File { content, .. } => *content,
        other => panic!("{other:?}"),
    };
    assert_ne!(content("a"), content("b"));
    assert_eq!(tree.layers().len(), 3);
    assert!(tree.node(b"c").is_none());
}

#[test]
fn what_is_not_unpacked_is_not_compared() {
    for (layer, refusal) in [
        (Archive::new().file("../a", ""), Refusal::DotDot),
        (
            Archive::new().symlink("l", "..").empty("l/.wh.a"),
            Refusal::WhiteoutThroughLink,
        ),
        (
            Archive::new().symlink("l", "d").hard_link("a", "l/b"),
            Refusal::HardLinkThroughLink,
        ),
        (
            Archive::new().symlink("l", "l").file("l/b", ""),
            Refusal::TooManyLinks,
        ),
        (
            Archive::new().file("f", "").file("f/b", ""),
            Refusal::ParentNotDirectory,
        ),
        (
            Archive::new()
                .symlink("l", "a/".repeat(200))
                .dir(format!("l/{}", "b/".repeat(100))),
            Refusal::TooDeep,
        ),
        (Archive::new().file(".", ""), Refusal::RootReplaced),
        (
            Archive::new()
                .dir("a/".repeat(250))
                .symlink("l", "a/".repeat(250) + &"../a/".repeat(500))
                .file("l/c", ""),
            Refusal::TooManyLinks,
        ),
    ] {
        let error = Tree::new(Limits::default())
            .apply(source(layer.end()))
            .err()
            .unwrap();
        assert!(
            matches!(*error.reason, Reason::Refused(found) if found == refusal),
            "{error}"
        );
        assert!(error.entry.is_some());
    }
}
