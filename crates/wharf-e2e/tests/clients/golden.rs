//! The tree on disk: the same requests make the same tree as the Go registries, and every
//! server serves, and goes on with, what every other one left behind.

use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup};

mod buckets;
mod reader;
mod script;
pub(crate) mod tree;

use script::{Extent, Record};
use tree::Tree;

/// A tree, whose it is, and what was promised about it.
struct Left {
    by: Kind,
    record: Record,
    root: Scratch,
}

/// The servers at hand: ours is missing when the tests run against the Go registries.
fn kinds() -> Vec<Kind> {
    match Kind::under_test() {
        Kind::Wharf => vec![Kind::Wharf, Kind::V3, Kind::Debian],
        Kind::Debian | Kind::V3 => vec![Kind::V3, Kind::Debian],
    }
}

fn leave(by: Kind, extent: Extent) -> Left {
    let root = Scratch::new();
    let server = Setup::of(by).data(root.path()).start();
    let record = script::run(&server, extent);
    server.stop();
    Left { by, record, root }
}

fn assert_same_trees(extent: Extent, kinds: &[Kind]) {
    let left: Vec<Left> = kinds.iter().map(|kind| leave(*kind, extent)).collect();
    let (first, others) = left.split_first().unwrap();
    let tree = Tree::read(first.root.path(), &first.record.uploads);
    for other in others {
        let found = Tree::read(other.root.path(), &other.record.uploads);
        let mut differences = tree.differences(&found);
        if first.by == Kind::Wharf {
            differences.retain(|line| !is_left_of_a_manifest(line));
        }
        assert!(
            differences.is_empty(),
            "{:?} (-) and {:?} (+) leave different trees:\n{}",
            first.by,
            other.by,
            differences.join("\n")
        );
    }
}

/// Of a manifest that was deleted, distribution leaves the directory in which its link was. Ours
/// removes a link and what was its directory in one step that no push can come into.
fn is_left_of_a_manifest(difference: &str) -> bool {
    difference.starts_with("+ ")
        && difference.contains("/_manifests/revisions/")
        && difference.ends_with(": empty directory")
}

#[test]
fn the_same_requests_make_the_same_tree() {
    assert_same_trees(Extent::AllVersions, &kinds());
}

/// distribution 2.8 cannot delete a tag.
#[test]
fn deleting_tags_makes_the_same_tree_as_v3() {
    let kinds: Vec<Kind> = kinds()
        .into_iter()
        .filter(|kind| *kind != Kind::Debian)
        .collect();
    assert_same_trees(Extent::Version3, &kinds);
}

#[test]
fn every_server_serves_every_tree() {
    for by in kinds() {
        let left = leave(by, Extent::AllVersions);
        let before = Tree::read(left.root.path(), &left.record.uploads);
        for reader in kinds() {
            let server = Setup::of(reader).data(left.root.path()).start();
            reader::check(&server, &left.record);
            server.stop();
            let after = Tree::read(left.root.path(), &left.record.uploads);
            let differences = before.differences(&after);
            let changed = differences.join("\n");
            assert!(
                changed.is_empty(),
                "{reader:?} changed the tree of {by:?}:\n{changed}"
            );
        }
    }
}

#[test]
fn every_server_goes_on_with_every_upload() {
    for by in kinds() {
        let readers = kinds().into_iter();
        for reader in readers.filter(|kind| reader::goes_on_with_uploads(*kind)) {
            let left = leave(by, Extent::AllVersions);
            let server = Setup::of(reader).data(left.root.path()).start();
            reader::go_on_with_uploads(&server, &left.record);
        }
    }
}
