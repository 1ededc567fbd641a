//! Bytes that are not what was promised.

use std::io::{self, Cursor, Read};

use wharf_layers::{Damage, LayerError, LayerSource, Limits, Reason};
use wharf_spec::media_type;

use crate::archive::{Archive, Item};
use crate::scene::{Scene, gzip, packed, source, zstd};

fn tar() -> Vec<u8> {
    let noise: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    Archive::new().file("a", noise).end()
}

fn fails(source: LayerSource) -> LayerError {
    Scene::new().fails_with(vec![source], Limits::default())
}

/// The one layer is damaged in this way.
fn damage(source: LayerSource) -> Damage {
    match *fails(source).reason {
        Reason::Damaged(damage) => damage,
        other => panic!("{other}"),
    }
}

#[test]
fn another_blob() {
    for compressed in [tar(), gzip(&tar()), zstd(&tar())] {
        let mut other = packed(&tar(), compressed);
        other.descriptor.digest = source(vec![0; 1024]).descriptor.digest;
        assert!(matches!(damage(other), Damage::WrongDigest { .. }));
    }
}

#[test]
fn another_diff_id() {
    let other = packed(b"another", gzip(&tar()));
    assert!(matches!(damage(other), Damage::WrongDiffId { .. }));
}

#[test]
fn a_blob_that_is_cut() {
    for compressed in [tar(), gzip(&tar()), zstd(&tar())] {
        for len in [0, 3, compressed.len() / 2, compressed.len() - 1] {
            let mut cut = packed(&tar(), compressed.clone());
            cut.bytes = Box::new(Cursor::new(compressed[..len].to_vec()));
            let damage = damage(cut);
            let expected = compressed.len() as u64;
            // Where an archive that is not compressed ends early, its entry does too.
            let told = Damage::WrongSize {
                expected,
                found: len as u64,
            };
            assert!(damage == told || damage == Damage::Truncated, "{damage}");
        }
    }
}

#[test]
fn a_blob_that_goes_on() {
    for compressed in [tar(), gzip(&tar()), zstd(&tar())] {
        let mut more = packed(&tar(), compressed.clone());
        more.bytes = Box::new(Cursor::new(compressed).chain(io::repeat(0)));
        let damage = damage(more);
        let told = matches!(damage, Damage::WrongSize { .. } | Damage::Compression(_));
        assert!(told, "{damage}");
    }
}

#[test]
fn bytes_after_the_archive_are_verified() {
    let tail = [tar(), b"and something else".to_vec()].concat();
    for compressed in [tail.clone(), gzip(&tail), zstd(&tail)] {
        Scene::new().unpack_sources(vec![packed(&tail, compressed.clone())]);
        let damage = damage(packed(&tar(), compressed));
        assert!(matches!(damage, Damage::WrongDiffId { .. }), "{damage}");
    }
}

#[test]
fn a_bit_that_is_flipped() {
    for compressed in [tar(), gzip(&tar()), zstd(&tar())] {
        for at in [compressed.len() / 3, compressed.len() - 2] {
            let mut flipped = packed(&tar(), compressed.clone());
            let mut bytes = compressed.clone();
            bytes[at] ^= 1;
            flipped.bytes = Box::new(Cursor::new(bytes));
            damage(flipped);
        }
    }
}

#[test]
fn bytes_after_a_compressed_stream() {
    for compressed in [gzip(&tar()), zstd(&tar())] {
        let compressed = [compressed, b"something else".to_vec()].concat();
        assert!(matches!(
            damage(packed(&tar(), compressed)),
            Damage::Compression(_)
        ));
    }
}

#[test]
fn a_source_that_fails() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the line is cut"))
        }
    }
    for compressed in [tar(), gzip(&tar()), zstd(&tar())] {
        for len in [0, 10, compressed.len() / 2] {
            let mut cut = packed(&tar(), compressed.clone());
            cut.bytes = Box::new(Cursor::new(compressed[..len].to_vec()).chain(Failing));
            let error = fails(cut);
            assert!(
                matches!(&*error.reason, Reason::Source(cause) if cause.to_string() == "the line is cut"),
                "{error}"
            );
        }
    }
}

#[test]
fn what_is_no_layer() {
    let mut other = source(tar());
    other.descriptor.media_type = media_type::OCI_CONFIG.to_owned();
    assert!(matches!(damage(other), Damage::NotALayer(_)));
    assert_eq!(damage(source(vec![b'x'; 2048])), Damage::WrongChecksum);
    assert_eq!(damage(source(b"{}")), Damage::Truncated);
}

#[test]
fn headers_that_lie() {
    let field = |change: &dyn Fn(&mut tar::Header)| {
        let mut item = Item::new(b'0', "a");
        change(&mut item.header);
        damage(source(Archive::new().item(item).end()))
    };
    assert_eq!(
        field(&|header| header.as_old_mut().size = [0xff; 12]),
        Damage::BadNumber("size")
    );
    assert_eq!(
        field(&|header| header.as_old_mut().size = *b"9bytes\0\0\0\0\0\0"),
        Damage::BadNumber("size")
    );
    assert_eq!(
        field(&|header| header.set_uid(u64::from(u32::MAX))),
        Damage::BadNumber("owner")
    );
    assert_eq!(
        field(&|header| header.set_gid(1 << 40)),
        Damage::BadNumber("group")
    );
    assert_eq!(
        field(&|header| header.as_old_mut().mtime = *b"yesterday\0\0\0"),
        Damage::BadNumber("time")
    );
}

#[test]
fn a_header_that_was_changed() {
    let mut tar = Archive::new().file("a", "").end();
    tar[0] = b'b';
    assert_eq!(damage(source(tar)), Damage::WrongChecksum);
}

#[test]
fn records_that_lie() {
    let record = |key: &str, value: &str| {
        damage(source(
            Archive::new()
                .item(Item::new(b'0', "a").record(key, value))
                .end(),
        ))
    };
    assert_eq!(record("size", "99999"), Damage::Truncated);
    assert_eq!(record("size", "-1"), Damage::BadNumber("size"));
    assert_eq!(record("uid", "4294967295"), Damage::BadNumber("owner"));
    assert_eq!(record("mtime", "now"), Damage::BadNumber("time"));
    let bad = Archive::new()
        .extension(b'x', b"999 path=a\n")
        .file("a", "");
    assert_eq!(damage(source(bad.end())), Damage::BadPax);
}

impl Scene {
    fn unpack_sources(&self, sources: Vec<LayerSource>) {
        crate::scene::unpack_sources(&self.image(), sources, Limits::default()).unwrap();
    }
}
