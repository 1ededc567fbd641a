//! What others made, or what became of it on the way.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tempfile::TempDir;
use wharf_image::{CopyOptions, ImageError, Source, Target, copy};
use wharf_spec::Digest;

use crate::copies::{source, target};
use crate::memory::{Memory, MemoryPlace};
use crate::samples::{digest, layer};

/// A file of an archive, written by hand.
pub(crate) fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend_from_slice(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

pub(crate) async fn read(
    directory: &TempDir,
    kind: &str,
    bytes: &[u8],
) -> Result<usize, ImageError> {
    let path = directory.path().join("archive.tar");
    std::fs::write(&path, bytes).unwrap();
    let source = source(directory, &format!("{kind}:{}", path.display())).await?;
    let place = Arc::<MemoryPlace>::default();
    let target: Arc<dyn Target> = place.clone();
    copy(&source, &target, &CopyOptions::default()).await?;
    Ok(place.memory().blobs.len())
}

pub(crate) async fn whole(directory: &TempDir, kind: &str) -> Vec<u8> {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let path = directory.path().join("whole.tar");
    let written = target(directory, &format!("{kind}:{}:v1", path.display())).await;
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap();
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn an_archive_that_was_cut_is_never_taken_for_whole() {
    let directory = TempDir::new().unwrap();
    for kind in ["oci-archive", "docker-archive"] {
        let bytes = whole(&directory, kind).await;
        assert_eq!(read(&directory, kind, &bytes).await.unwrap(), 3);
        // The end has two blocks that say nothing.
        let ends = (0..bytes.len() - 1024).step_by(9973);
        for end in ends.chain([1, 511, 512, 513, bytes.len() - 1025]) {
            let error = read(&directory, kind, &bytes[..end]).await.unwrap_err();
            let expected = matches!(
                error,
                ImageError::Damaged { .. } | ImageError::NotFound { .. }
            );
            assert!(expected, "{kind} cut at {end}: {error}");
        }
    }
}

#[tokio::test]
async fn a_changed_byte_is_noticed() {
    let directory = TempDir::new().unwrap();
    let bytes = whole(&directory, "oci-archive").await;
    let mut noticed = 0;
    for position in (0..bytes.len() - 1024).step_by(4999) {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        // What fills a block up says nothing.
        noticed += usize::from(read(&directory, "oci-archive", &changed).await.is_err());
    }
    let tried = (bytes.len() - 1024).div_ceil(4999);
    assert!(noticed * 10 > tried * 9, "{noticed} of {tried}");
}

#[tokio::test]
async fn what_is_no_archive_is_told() {
    let directory = TempDir::new().unwrap();
    for (bytes, expected) in [
        (b"hello".to_vec(), "it ends within a header"),
        (vec![b'x'; 2048], "it is no tar archive"),
        (vec![0; 1024], "it is no OCI layout: it has no index.json"),
        (Vec::new(), "it is no OCI layout: it has no index.json"),
    ] {
        let error = read(&directory, "oci-archive", &bytes)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    let docker = read(&directory, "docker-archive", &[0; 1024])
        .await
        .unwrap_err();
    assert!(
        docker.to_string().contains("it has no manifest.json"),
        "{docker}"
    );
    let error = source(&directory, "oci-archive:/nowhere/at.all")
        .await
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("cannot open /nowhere/at.all: "),
        "{error}"
    );
    let error = source(&directory, "oci:/dev").await.err().unwrap();
    assert!(error.to_string().contains("it is no OCI layout"), "{error}");
}

#[tokio::test]
async fn names_lead_nowhere_else() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("secret"), "{}").unwrap();
    let outside = format!("{}/secret", directory.path().display());
    for (name, link) in [
        ("config.json", outside.as_str()),
        ("config.json", "../secret"),
        ("config.json", "config.json"),
        ("../secret", ""),
    ] {
        for wanted in ["config.json", "../secret", &outside] {
            let list = json!([{"Config": wanted, "RepoTags": [], "Layers": []}]).to_string();
            let kind = if link.is_empty() { b'0' } else { b'2' };
            let bytes = [
                entry("manifest.json", b'0', "", list.as_bytes()),
                entry(name, kind, link, b""),
            ];
            let error = read(&directory, "docker-archive", &bytes.concat())
                .await
                .unwrap_err();
            assert!(
                error.to_string().contains("which it does not have"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn manifests_and_lists_have_bounds() {
    let directory = TempDir::new().unwrap();
    let huge = vec![b' '; (4 << 20) + 1];
    let name = format!("blobs/sha256/{}", digest(&huge).hex());
    let index = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest(&huge), "size": 10,
    }]});
    let manifest = entry(&name, b'0', "", &huge);
    let bytes = [
        entry("index.json", b'0', "", index.to_string().as_bytes()),
        manifest,
    ]
    .concat();
    let error = read(&directory, "oci-archive", &bytes).await.unwrap_err();
    assert!(
        matches!(
            error,
            ImageError::TooLarge {
                size: 4_194_305,
                ..
            }
        ),
        "{error}"
    );
    let index = vec![b' '; (32 << 20) + 1];
    let bytes = entry("index.json", b'0', "", &index);
    let error = read(&directory, "oci-archive", &bytes).await.unwrap_err();
    assert!(matches!(error, ImageError::TooLarge { .. }), "{error}");
    let pax = entry("x", b'x', "", &vec![b'1'; (1 << 20) + 1]);
    let error = read(&directory, "oci-archive", &pax).await.unwrap_err();
    assert!(matches!(error, ImageError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_says_to_be_larger_than_all_is_refused() {
    let directory = TempDir::new().unwrap();
    for size in [
        &b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"77777777777\0",
    ] {
        let mut bytes = entry("index.json", b'0', "", b"");
        bytes[124..136].copy_from_slice(size);
        bytes[148..156].copy_from_slice(b"        ");
        let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
        bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let error = read(&directory, "oci-archive", &bytes).await.unwrap_err();
        assert!(
            error.to_string().ends_with("it ends within a file"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_blob_has_the_size_that_is_said() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let content = layer(1, 100);
    let mut other = memory.blob("text/plain", content);
    let config = memory.blob("application/vnd.oci.empty.v1+json", "{}".into());
    other.size = 99;
    let manifest = memory.manifest(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [other],
    }));
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    let all = memory.blobs.iter().chain(&memory.manifests);
    let blob = |(digest, bytes): (&Digest, &Bytes)| {
        entry(&format!("blobs/sha256/{}", digest.hex()), b'0', "", bytes)
    };
    let mut archive: Vec<u8> = all.flat_map(blob).collect();
    archive.extend(entry("index.json", b'0', "", index.to_string().as_bytes()));
    let error = read(&directory, "oci-archive", &archive).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it has 100 bytes, and its manifest says 99"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_file_does_not_block() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("layout");
    std::fs::create_dir(&path).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let pipe = path.join("index.json");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
    let error = source(&directory, &format!("oci:{}", path.display()))
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().ends_with("it is no regular file"),
        "{error}"
    );
}
