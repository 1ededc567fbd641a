//! Layers that no honest tool writes: each is refused, and what is beside the image unchanged.

use wharf_layers::{Damage, Excess, Limits, MARK, Reason, Refusal};

use crate::archive::{Archive, Item};
use crate::scene::{Scene, gzip, is_root, packed, zstd};

/// One test for each, which is named after what the layer does.
macro_rules! refused {
    ($($name:ident: [$($layer:expr),+] => $refusal:ident;)+) => {$(
        #[test]
        fn $name() {
            Scene::new().refuses(vec![$($layer),+], Refusal::$refusal);
        }
    )+};
}

fn new() -> Archive {
    Archive::new()
}

/// `link` leads outside.
fn link() -> Archive {
    new().symlink("link", "../outside")
}

refused! {
    goes_above_the_root: [new().file("../outside/canary", "dead")] => DotDot;
    goes_above_the_root_later: [new().dir("a").file("a/../../outside/canary", "dead")] => DotDot;
    ends_above: [new().dir("a/..")] => DotDot;
    goes_above_from_an_absolute_name: [new().file("/../outside/canary", "dead")] => DotDot;
    goes_above_in_a_pax_record: [new().item(Item::new(b'0', "a").record("path", "../outside/canary"))] => DotDot;
    goes_above_in_a_long_name: [new().extension(b'L', b"../outside/canary\0").file("a", "dead")] => DotDot;
    has_no_name: [new().file("", "dead")] => EmptyName;
    has_a_nul_in_its_name: [new().item(Item::new(b'0', "a").record("path", b"a\0b"))] => Nul;
    has_a_name_of_256_bytes: [new().file("a".repeat(256), "")] => NameTooLong;
    has_a_name_of_256_bytes_within: [new().file(format!("{}/b", "a".repeat(256)), "")] => NameTooLong;
    has_a_path_of_4096_bytes: [new().file("a/bcdefg/".repeat(456), "")] => PathTooLong;
    is_nested_257_deep: [new().dir("a/".repeat(257))] => TooDeep;
    is_nested_too_deep_by_links: [
        new().symlink("l", "a/".repeat(200)).dir("a/".repeat(200)).dir(format!("l/{}", "b/".repeat(100)))
    ] => TooDeep;
    is_one_directory_too_deep_by_links: [
        new().symlink("l", "a/".repeat(200)).dir(format!("l/{}", "b/".repeat(56))).dir(format!("l/{}c", "b/".repeat(56)))
    ] => TooDeep;
    makes_the_root_a_file: [new().file(".", "dead")] => RootReplaced;
    makes_the_root_a_link: [new().symlink("./", "../outside")] => RootReplaced;
    makes_the_root_a_hard_link: [new().hard_link("/", "../outside/canary")] => RootReplaced;
    links_hard_above_the_root: [new().hard_link("a", "../outside/canary")] => DotDot;
    links_hard_above_the_root_later: [new().dir("a").hard_link("b", "a/../../outside/canary")] => DotDot;
    links_hard_through_a_link: [link().hard_link("a", "link/canary")] => HardLinkThroughLink;
    links_hard_through_a_link_below: [link(), new().hard_link("a", "link/canary")] => HardLinkThroughLink;
    links_hard_to_what_is_not_there: [new().hard_link("a", "/outside/canary")] => HardLinkMissing;
    links_hard_to_a_directory: [new().dir("a").hard_link("b", "a")] => HardLinkToDirectory;
    links_hard_to_the_root: [new().hard_link("b", "/")] => HardLinkToDirectory;
    links_hard_to_itself: [new().file("a", "").hard_link("a", "./a")] => HardLinkToItself;
    links_hard_to_what_it_replaces: [new().file("a/b", "").hard_link("a", "a/b")] => HardLinkMissing;
    links_hard_to_our_mark: [new().hard_link("a", MARK)] => HardLinkMissing;
    links_hard_to_nothing: [new().hard_link("a", "")] => EmptyName;
    links_hard_into_a_file: [new().file("a", "").hard_link("b", "a/c")] => ParentNotDirectory;
    has_a_file_as_parent: [new().file("a", "").file("a/b", "")] => ParentNotDirectory;
    has_a_file_below_as_parent: [new().file("a", ""), new().file("a/b", "")] => ParentNotDirectory;
    has_a_fifo_as_parent: [new().fifo("a").file("a/b", "")] => ParentNotDirectory;
    has_a_file_behind_a_link_as_parent: [new().file("a", "").symlink("l", "a").file("l/b", "")] => ParentNotDirectory;
    has_our_mark_behind_a_link_as_parent: [new().symlink("l", MARK).file("l/b", "")] => ParentNotDirectory;
    leads_in_a_circle: [new().symlink("a", "b").symlink("b", "a").file("a/c", "")] => TooManyLinks;
    leads_to_itself: [new().symlink("a", "./a").file("a/c", "")] => TooManyLinks;
    leads_up_and_down_a_deep_tree: [
        new()
            .dir("a/".repeat(250))
            .symlink("l", format!("{}{}", "a/".repeat(250), "../a/".repeat(500)))
            .file("l/c", "")
    ] => TooManyLinks;
    has_a_path_of_4096_bytes_by_links: [
        new().symlink("l", format!("{}/", "a".repeat(250)).repeat(12)).file(format!("l/{}", format!("{}/", "b".repeat(250)).repeat(12)), "")
    ] => PathTooLong;
    hides_what_is_above: [new().empty(".wh...")] => DotDot;
    hides_what_is_above_a_directory: [new().dir("a").empty("a/.wh...")] => DotDot;
    hides_the_directory_itself: [new().dir("a").empty("a/.wh..")] => EmptyWhiteout;
    hides_nothing: [new().empty("a/.wh.")] => EmptyWhiteout;
    hides_above_the_root: [new().empty("../outside/.wh.canary")] => DotDot;
    hides_through_a_link: [link(), new().empty("link/.wh.canary")] => WhiteoutThroughLink;
    hides_through_its_own_link: [link().empty("link/.wh.canary")] => WhiteoutThroughLink;
    hides_all_through_a_link: [link(), new().empty("link/.wh..wh..opq")] => WhiteoutThroughLink;
    brings_a_directory_named_as_whiteouts: [new().file(".wh.a/b", "")] => WhiteoutAsParent;
    links_to_nowhere: [new().symlink("a", "")] => EmptyTarget;
    links_to_a_name_with_a_nul: [new().item(Item::new(b'2', "a").record("linkpath", b"a\0b"))] => Nul;
    links_to_a_path_of_4096_bytes: [new().symlink("a", "b".repeat(4096))] => PathTooLong;
}

#[test]
fn has_a_device_as_parent_as_root() {
    let layer = new()
        .item(Item::new(b'3', "a").device(1, 3))
        .file("a/b", "");
    if is_root() {
        Scene::new().refuses(vec![layer], Refusal::ParentNotDirectory);
    } else {
        // Without the device there is nothing in the way.
        let scene = Scene::new();
        scene.unpack(vec![layer]);
        assert!(scene.has("a/b"));
    }
}

#[test]
fn types_that_layers_do_not_have() {
    for kind in [b'V', b'M', b'D', b'N', b'A', 0xff] {
        let scene = Scene::new();
        let error = scene.fails(vec![new().item(Item::new(kind, "a"))], Limits::default());
        let expected = Refusal::UnknownType(kind);
        assert!(
            matches!(*error.reason, Reason::Refused(found) if found == expected),
            "{error}"
        );
        assert_eq!(error.entry.as_deref(), Some(&b"a"[..]));
    }
}

#[test]
fn headers_beyond_a_bound() {
    let long = vec![b'a'; (1 << 20) + 1];
    for kind in [b'x', b'g', b'L', b'K'] {
        let layer = new().extension(kind, &long).file("a", "");
        let error = Scene::new().fails(vec![layer], Limits::default());
        assert!(
            matches!(*error.reason, Reason::Excess(Excess::Headers(_))),
            "{error}"
        );
    }
}

#[test]
fn a_size_without_bytes_does_not_take_memory() {
    for size in [1 << 33, u64::MAX >> 1] {
        let mut header = Item::new(b'0', "a").header;
        header.as_old_mut().name[0] = b'a';
        header.set_size(size);
        header.set_cksum();
        let error = Scene::new().fails(vec![new().raw(&header, b"few")], Limits::default());
        assert!(
            matches!(*error.reason, Reason::Damaged(Damage::Truncated)),
            "{error}"
        );
    }
}

#[test]
fn bombs() {
    let tar = new().file("a", vec![0; 4 << 20]).end();
    let limits = Limits {
        uncompressed: 1 << 20,
        ..Limits::default()
    };
    for bomb in [gzip(&tar), zstd(&tar)] {
        let error = Scene::new().fails_with(vec![packed(&tar, bomb)], limits);
        assert!(
            matches!(*error.reason, Reason::Excess(Excess::Uncompressed(_))),
            "{error}"
        );
    }
    // After the end of the archive nothing is unpacked, but it is read all the same.
    let tail = [new().file("a", "").end(), vec![0; 4 << 20]].concat();
    let error = Scene::new().fails_with(vec![packed(&tail, zstd(&tail))], limits);
    assert!(
        matches!(*error.reason, Reason::Excess(Excess::Uncompressed(_))),
        "{error}"
    );
}

#[test]
fn layers_together_are_bounded() {
    let layer = || new().file("a", vec![1; 600 << 10]);
    let limits = Limits {
        uncompressed: 1 << 20,
        ..Limits::default()
    };
    let error = Scene::new().fails(vec![layer(), layer()], limits);
    assert!(
        matches!(*error.reason, Reason::Excess(Excess::Uncompressed(_))),
        "{error}"
    );
    assert_eq!(error.position, 2);

    let layer = || new().empty("a").empty("b").empty("c");
    let limits = Limits {
        entries: 5,
        ..Limits::default()
    };
    let error = Scene::new().fails(vec![layer(), layer()], limits);
    assert!(
        matches!(*error.reason, Reason::Excess(Excess::Entries(5))),
        "{error}"
    );
    assert_eq!(error.position, 2);
}
