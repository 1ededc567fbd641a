//! Layers as they come: compressed in every way, and from async code.

use bytes::Bytes;
use wharf_hash::digest;
use wharf_layers::{LayerSource, Limits, Options, Progress, Unpacking, chain_id, pipe};
use wharf_spec::Algorithm;

use crate::archive::Archive;
use crate::scene::{Scene, gzip, packed, source, unpack_sources, zstd};

fn tar() -> Vec<u8> {
    Archive::new()
        .dir("d")
        .file("d/a", "a".repeat(100_000))
        .file("b", "b")
        .end()
}

fn unpacks(source: LayerSource) {
    let scene = Scene::new();
    let report = unpack_sources(&scene.image(), vec![source], Limits::default()).unwrap();
    assert_eq!(scene.read("d/a").len(), 100_000);
    assert_eq!(scene.read("b"), "b");
    let [layer] = report.layers[..] else { panic!() };
    assert_eq!(layer.entries, 3);
    assert_eq!(layer.uncompressed, tar().len() as u64);
    assert_eq!(layer.diff_id, digest(Algorithm::Sha256, &tar()));
}

/// Frames with any content, which decompressors pass over (RFC 8878, section 3.1.2).
fn skippable(content: &[u8]) -> Vec<u8> {
    let len = content.len() as u32;
    [
        &0x184d_2a5a_u32.to_le_bytes()[..],
        &len.to_le_bytes(),
        content,
    ]
    .concat()
}

#[test]
fn compressed_in_every_way() {
    let tar = tar();
    let (start, end) = tar.split_at(50_000);
    for compressed in [
        tar.clone(),
        gzip(&tar),
        [gzip(start), gzip(b""), gzip(end)].concat(),
        zstd(&tar),
        [zstd(start), zstd(end)].concat(),
        [
            skippable(b"first"),
            zstd(start),
            skippable(b""),
            zstd(end),
            skippable(&[7; 5000]),
        ]
        .concat(),
    ] {
        unpacks(packed(&tar, compressed));
    }
}

#[test]
fn the_media_type_need_not_be_right() {
    let mut layer = packed(&tar(), zstd(&tar()));
    layer.descriptor.media_type = wharf_spec::media_type::DOCKER_LAYER.to_owned();
    unpacks(layer);
}

#[test]
fn digests_by_sha512() {
    let (tar, compressed) = (tar(), gzip(&tar()));
    let mut layer = packed(&tar, compressed.clone());
    layer.descriptor.digest = digest(Algorithm::Sha512, &compressed);
    unpacks(layer);
}

#[test]
fn an_archive_need_not_have_an_end() {
    let scene = Scene::new();
    let layer = Archive::new().file("a", "1");
    let one_block = [layer.0.clone(), vec![0; 512]].concat();
    for tar in [layer.0.clone(), one_block] {
        unpack_sources(&scene.image(), vec![source(tar)], Limits::default()).unwrap();
        std::fs::remove_dir_all(scene.image()).unwrap();
    }
}

#[test]
fn an_empty_layer() {
    let scene = Scene::new();
    for tar in [vec![], vec![0; 1024]] {
        let report = unpack_sources(&scene.image(), vec![source(tar)], Limits::default()).unwrap();
        assert_eq!(report.layers[0].entries, 0);
    }
}

#[test]
fn through_pipes_that_are_filled_at_once_and_read_in_order() {
    let scene = Scene::new();
    let mut unpacking = Unpacking::begin(&scene.image(), Options::default()).unwrap();
    let mut feeders = Vec::new();
    let mut sources = Vec::new();
    for number in 0..4 {
        let tar = Archive::new()
            .file("a", number.to_string())
            .file(format!("{number}"), vec![number; 500_000])
            .end();
        let compressed = zstd(&tar);
        let mut layer = packed(&tar, compressed.clone());
        let (sender, pipe) = pipe(2);
        layer.bytes = Box::new(pipe);
        feeders.push(std::thread::spawn(move || {
            for piece in compressed.chunks(7) {
                sender
                    .blocking_send(Ok(Bytes::copy_from_slice(piece)))
                    .unwrap();
            }
        }));
        sources.push(layer);
    }
    for source in sources {
        unpacking = unpacking.apply(source, &mut |_| {}).unwrap();
    }
    let report = unpacking.finish().unwrap();
    feeders
        .into_iter()
        .for_each(|feeder| feeder.join().unwrap());
    assert_eq!(scene.read("a"), "3");
    let diff_ids: Vec<_> = report.layers.iter().map(|layer| layer.diff_id).collect();
    assert!(chain_id(&diff_ids).is_some());
    assert_eq!(diff_ids.len(), 4);
}

#[test]
fn progress_is_told() {
    let scene = Scene::new();
    let (mut entries, mut bytes) = (Vec::new(), 0);
    let unpacking = Unpacking::begin(&scene.image(), Options::default()).unwrap();
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Entry { position, name, .. } => entries.push((position, name.to_owned())),
        Progress::Content { bytes: more } => bytes += more,
        Progress::Notice(_) => {}
    };
    let unpacking = unpacking.apply(source(tar()), &mut progress).unwrap();
    let unpacking = unpacking.apply(source(tar()), &mut progress).unwrap();
    unpacking.finish().unwrap();
    assert_eq!(bytes, 2 * 100_001);
    assert_eq!(entries.len(), 6);
    assert_eq!(entries[1], (1, b"d/a".to_vec()));
    assert_eq!(entries[5], (2, b"b".to_vec()));
}

#[test]
fn not_what_the_reader_took_ahead_counts_as_the_layer() {
    let scene = Scene::new();
    let mut layer = source(tar());
    layer.descriptor.size -= 1;
    scene.fails_with(vec![layer], Limits::default());
}
