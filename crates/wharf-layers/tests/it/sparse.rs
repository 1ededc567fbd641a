//! Files with holes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use tar::{GnuExtSparseHeader, Header};
use wharf_layers::{Damage, Excess, Limits, Reason};

use crate::archive::{Archive, Item};
use crate::scene::Scene;

const MIB: u64 = 1 << 20;

/// Octal, as GNU writes it.
fn octal(field: &mut [u8; 12], number: u64) {
    field.copy_from_slice(format!("{number:011o}\0").as_bytes());
}

/// A sparse file of GNU's: segments of 512 bytes at these offsets.
fn gnu(offsets: &[u64], size: u64) -> Archive {
    let mut header: Header = Item::new(b'S', "").header;
    header.as_old_mut().name[..6].copy_from_slice(b"sparse");
    header.set_size(512 * offsets.len() as u64);
    let gnu = header.as_gnu_mut().unwrap();
    octal(&mut gnu.realsize, size);
    let (here, there) = offsets.split_at(offsets.len().min(4));
    for (field, offset) in gnu.sparse.iter_mut().zip(here) {
        octal(&mut field.offset, *offset);
        octal(&mut field.numbytes, 512);
    }
    gnu.isextended = [u8::from(!there.is_empty())];
    header.set_cksum();
    let mut archive = Archive::new().raw(&header, b"");
    let mut blocks = there.chunks(21).peekable();
    while let Some(block) = blocks.next() {
        let mut extended = GnuExtSparseHeader::new();
        for (field, offset) in extended.sparse.iter_mut().zip(block) {
            octal(&mut field.offset, *offset);
            octal(&mut field.numbytes, 512);
        }
        extended.isextended = [u8::from(blocks.peek().is_some())];
        archive.0.extend(extended.as_bytes());
    }
    for number in 0..offsets.len() {
        archive.0.extend([number as u8 + 1; 512]);
    }
    archive.file("after", "a")
}

/// What a file has at some offsets, and nothing else.
fn check(scene: &Scene, offsets: &[u64], size: u64) {
    let content = fs::read(scene.path("sparse")).unwrap();
    assert_eq!(content.len() as u64, size);
    let mut expected = vec![0; size as usize];
    for (number, offset) in offsets.iter().enumerate() {
        expected[*offset as usize..][..512].fill(number as u8 + 1);
    }
    assert!(content == expected);
    let blocks = scene.path("sparse").metadata().unwrap().blocks();
    assert!(blocks * 512 < size / 4, "{blocks} blocks");
    assert_eq!(scene.read("after"), "a");
}

#[test]
fn gnu_with_few_and_many_segments() {
    for count in [0, 1, 4, 5, 25, 26, 60] {
        let offsets: Vec<u64> = (0..count).map(|number| number * 50_000).collect();
        let scene = Scene::new();
        scene.unpack(vec![gnu(&offsets, 32 * MIB)]);
        check(&scene, &offsets, 32 * MIB);
    }
}

#[test]
fn pax_in_three_versions() {
    let offsets = [MIB, 5 * MIB];
    let data = [[1; 512], [2; 512]].concat();
    let map = format!("2\n{}\n512\n{}\n512\n", MIB, 5 * MIB);
    let mut one = map.into_bytes();
    one.resize(512, 0);
    one.extend(&data);
    let size = 8 * MIB;
    let item = |content: &[u8]| Item::new(b'0', "x/GNUSparseFile.1/sparse").content(content);
    let first = |text: &str| text.to_owned();
    for item in [
        item(&one)
            .record("GNU.sparse.major", "1")
            .record("GNU.sparse.minor", "0")
            .record("GNU.sparse.name", "sparse")
            .record("GNU.sparse.realsize", first(&size.to_string())),
        item(&data)
            .record("GNU.sparse.name", "sparse")
            .record("GNU.sparse.size", size.to_string())
            .record("GNU.sparse.numblocks", "2")
            .record("GNU.sparse.map", format!("{},512,{},512", MIB, 5 * MIB)),
        item(&data)
            .record("GNU.sparse.name", "sparse")
            .record("GNU.sparse.size", size.to_string())
            .record("GNU.sparse.numblocks", "2")
            .record("GNU.sparse.offset", MIB.to_string())
            .record("GNU.sparse.numbytes", "512")
            .record("GNU.sparse.offset", (5 * MIB).to_string())
            .record("GNU.sparse.numbytes", "512"),
    ] {
        let scene = Scene::new();
        scene.unpack(vec![Archive::new().item(item).file("after", "a")]);
        check(&scene, &offsets, size);
    }
}

#[test]
fn long_runs_of_zeroes_become_holes() {
    let mut content = vec![0; 16 << 20];
    content[5 << 20..][..512].fill(1);
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new().file("sparse", content).file("after", "a"),
    ]);
    check(&scene, &[5 * MIB], 16 * MIB);
}

#[test]
fn maps_that_lie() {
    let damaged = |layer: Archive| {
        let error = Scene::new().fails(vec![layer], Limits::default());
        assert!(
            matches!(*error.reason, Reason::Damaged(Damage::BadSparseMap)),
            "{error}"
        );
    };
    damaged(gnu(&[MIB, 0], 8 * MIB));
    damaged(gnu(&[MIB], MIB));
    damaged(gnu(&[0, 100], MIB));
    let one = |text: &str| {
        let mut content = text.as_bytes().to_vec();
        content.resize(512, 0);
        Archive::new().item(
            Item::new(b'0', "a")
                .content(content)
                .record("GNU.sparse.major", "1")
                .record("GNU.sparse.realsize", "4096"),
        )
    };
    damaged(one("1\n0\n512\n"));
    damaged(one("18446744073709551615\n"));
    damaged(one("1000\n0\n"));
}

#[test]
fn a_hole_counts_as_what_it_is_when_read() {
    let limits = Limits {
        uncompressed: 100 * MIB,
        ..Limits::default()
    };
    let error = Scene::new().fails(vec![gnu(&[], 101 * MIB)], limits);
    assert!(
        matches!(*error.reason, Reason::Excess(Excess::Uncompressed(_))),
        "{error}"
    );
}
