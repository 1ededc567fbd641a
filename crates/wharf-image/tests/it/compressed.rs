//! Archives that were compressed as a whole.

use std::io::Write as _;

use flate2::write::GzEncoder;
use tempfile::TempDir;
use wharf_image::ImageError;

use crate::damaged::{read, whole};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_archive_is_read_as_what_is_in_it() {
    let directory = TempDir::new().unwrap();
    for kind in ["oci-archive", "docker-archive"] {
        let bytes = whole(&directory, kind).await;
        let zstd = zstd::encode_all(&*bytes, 1).unwrap();
        for compressed in [gzip(&bytes), zstd] {
            assert!(compressed.len() < bytes.len());
            assert_eq!(read(&directory, kind, &compressed).await.unwrap(), 3);
            for end in [7, compressed.len() / 2, compressed.len() - 1] {
                let error = read(&directory, kind, &compressed[..end]).await;
                let error = error.unwrap_err();
                assert!(matches!(error, ImageError::Damaged { .. }), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_unpacked_here_is_told() {
    let directory = TempDir::new().unwrap();
    for (bytes, expected) in [
        (
            &b"\xfd7zXZ\0abc"[..],
            "it is compressed with xz: unpack it first",
        ),
        (b"BZh91AY", "it is compressed with bzip2: unpack it first"),
        (
            b"\x1f\x8b\x07\x07\x07\x07\x07\x07\x07\x07",
            "it cannot be unpacked: ",
        ),
    ] {
        let error = read(&directory, "docker-archive", bytes).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
