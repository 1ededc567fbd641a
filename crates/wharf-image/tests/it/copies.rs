//! Copies from any place to any other.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use wharf_client::ClientSettings;
use wharf_image::{
    Asker, Copied, CopyOptions, DaemonAddress, Durability, Event, ImageError, Place, Progress,
    Source, Surroundings, Target, copy,
};
use wharf_spec::{Algorithm, Descriptor, Digest, media_type};

use crate::memory::{Memory, MemoryPlace};
use crate::samples::{config, descriptor, layer};

pub(crate) fn surroundings(scratch: &Path) -> Surroundings {
    Surroundings {
        settings: ClientSettings::default(),
        asker: Asker::Nobody,
        daemon: DaemonAddress::default(),
        scratch: scratch.to_owned(),
        durability: Durability::default(),
    }
}

pub(crate) async fn source(
    directory: &TempDir,
    place: &str,
) -> Result<Arc<dyn Source>, ImageError> {
    let place: Place = place.parse().unwrap();
    surroundings(directory.path()).source(&place).await
}

pub(crate) async fn target(directory: &TempDir, place: &str) -> Arc<dyn Target> {
    let place: Place = place.parse().unwrap();
    surroundings(directory.path()).target(&place).await.unwrap()
}

/// Copies what memory has, or from it to memory.
pub(crate) async fn into_memory(
    source: &Arc<dyn Source>,
    options: &CopyOptions,
) -> (Memory, Copied) {
    let memory = Arc::<MemoryPlace>::default();
    let target: Arc<dyn Target> = memory.clone();
    let copied = copy(source, &target, options).await.unwrap();
    (memory.memory(), copied)
}

/// Every format, with a name where it has room for one.
fn formats(directory: &TempDir, number: usize) -> [String; 4] {
    let path = directory.path().join(number.to_string());
    let path = path.display();
    [
        format!("oci:{path}-layout:v1"),
        format!("oci-archive:{path}.oci.tar:v1"),
        format!("docker-archive:{path}.docker.tar:example.com/a:v1"),
        format!("dir:{path}-dir"),
    ]
}

async fn round_trips(memory: Memory, root: &Descriptor) {
    let directory = TempDir::new().unwrap();
    let options = CopyOptions::default();
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let mut number = 0;
    for first in 0..4 {
        let from = &formats(&directory, 100 + first)[first];
        let written = target(&directory, from).await;
        let copied = copy(&original, &written, &options).await.unwrap();
        assert_eq!((copied.root.digest, copied.rewritten), (root.digest, None));
        for second in 0..4 {
            number += 1;
            let to = &formats(&directory, number)[second];
            let read = source(&directory, from).await.unwrap();
            let written = target(&directory, to).await;
            copy(&read, &written, &options).await.unwrap();
            let read = source(&directory, to).await.unwrap();
            let (there, copied) = into_memory(&read, &options).await;
            assert_eq!(there.blobs, memory.blobs, "{from} to {to}");
            assert_eq!(there.manifests, memory.manifests, "{from} to {to}");
            assert_eq!(copied.root.digest, root.digest, "{from} to {to}");
            assert!(there.finished);
        }
    }
}

#[tokio::test]
async fn an_image_survives_every_pair_of_formats() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    round_trips(memory, &root).await;
}

#[tokio::test]
async fn an_index_survives_every_pair_of_formats() {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/amd64", "linux/arm64/v8"]);
    memory.root(&root, &["v0"]);
    round_trips(memory, &root).await;
}

/// Names of its blobs have no room in a header of an archive.
#[tokio::test]
async fn an_image_of_longer_digests_survives_every_pair_of_formats() {
    let mut memory = Memory::default();
    let bytes = layer(5, 300_000);
    let long = Descriptor {
        digest: wharf_hash::digest(Algorithm::Sha512, &bytes),
        ..descriptor(media_type::OCI_LAYER, &bytes)
    };
    memory.blobs.insert(long.digest, bytes);
    let config = memory.blob(media_type::OCI_CONFIG, config("linux/amd64"));
    let root = memory.manifest(&serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": config,
        "layers": [long],
    }));
    memory.root(&root, &[]);
    round_trips(memory, &root).await;
}

#[tokio::test]
async fn each_blob_is_read_once_and_some_at_once() {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/amd64", "linux/arm64", "linux/s390x", "linux/386"]);
    memory.root(&root, &[]);
    let blobs = memory.blobs.len();
    let original = MemoryPlace::new(memory);
    let source: Arc<dyn Source> = original.clone();
    let (there, copied) = into_memory(&source, &CopyOptions::default()).await;
    assert_eq!(
        (copied.stored, copied.skipped, copied.mounted),
        (blobs, 0, 0)
    );
    assert_eq!(original.memory().reads, blobs);
    assert_eq!(there.most_at_once, 3);
    let sizes = there
        .blobs
        .values()
        .map(|blob| blob.len() as u64)
        .sum::<u64>();
    assert_eq!(copied.bytes, sizes);
}

#[tokio::test]
async fn what_is_there_is_not_read_again() {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/amd64", "linux/arm64"]);
    memory.root(&root, &["v1"]);
    let original = MemoryPlace::new(memory.clone());
    let source: Arc<dyn Source> = original.clone();
    let there = MemoryPlace::new(Memory {
        roots: Vec::new(),
        ..memory.clone()
    });
    let target: Arc<dyn Target> = there.clone();
    let copied = copy(&source, &target, &CopyOptions::default())
        .await
        .unwrap();
    assert_eq!(original.memory().reads, 0);
    assert_eq!((copied.stored, copied.skipped), (0, memory.blobs.len()));
    // The name is new.
    assert_eq!(there.memory().roots, memory.roots);
}

/// As power loss leaves files: their size is right, and their bytes are not.
#[tokio::test]
async fn a_blob_that_was_damaged_in_its_place_is_written_anew() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let directory = TempDir::new().unwrap();
    let path = directory.path().display();
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    for (place, blobs) in [
        (format!("oci:{path}/layout:v1"), "layout/blobs/sha256"),
        (format!("dir:{path}/dir"), "dir"),
    ] {
        let written = target(&directory, &place).await;
        let options = CopyOptions::default();
        let stored = copy(&original, &written, &options).await.unwrap().stored;
        assert!(stored > 1);
        for file in std::fs::read_dir(directory.path().join(blobs)).unwrap() {
            let file = file.unwrap();
            if file.file_name().len() == 64 {
                let length = file.metadata().unwrap().len();
                std::fs::write(file.path(), vec![0; length as usize]).unwrap();
            }
        }
        let again = target(&directory, &place).await;
        let copied = copy(&original, &again, &options).await.unwrap();
        assert_eq!(copied.stored, stored);
        let read = source(&directory, &place).await.unwrap();
        into_memory(&read, &options).await;
        let there = target(&directory, &place).await;
        let copied = copy(&original, &there, &options).await.unwrap();
        assert_eq!(copied.stored, 0);
    }
}

#[tokio::test]
async fn referrers_go_with_their_subjects_if_wanted() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    let signature = memory.referrer(Some(&root));
    let signed = memory.referrer(Some(&signature));
    memory.root(&root, &["v1"]);
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let (there, _) = into_memory(&original, &CopyOptions::default()).await;
    assert_eq!(there.manifests.keys().collect::<Vec<_>>(), [&root.digest]);
    let options = CopyOptions {
        referrers: true,
        ..CopyOptions::default()
    };
    let directory = TempDir::new().unwrap();
    for format in 0..3 {
        let place = &formats(&directory, format)[format];
        let written = target(&directory, place).await;
        copy(&original, &written, &options).await.unwrap();
        let read = source(&directory, place).await.unwrap();
        let found = read.referrers(&root.digest).await.unwrap();
        assert_eq!(
            found.iter().map(|it| it.digest).collect::<Vec<Digest>>(),
            [signature.digest]
        );
        assert_eq!(
            found[0].artifact_type.as_deref(),
            Some("application/vnd.example")
        );
        let (there, _) = into_memory(&read, &options).await;
        assert_eq!(there.manifests, memory.manifests, "{place}");
        assert!(there.manifests.contains_key(&signed.digest));
    }
    let written = target(&directory, &formats(&directory, 3)[3]).await;
    let error = copy(&original, &written, &options).await.unwrap_err();
    assert!(matches!(error, ImageError::Unsupported { .. }), "{error}");
}

#[tokio::test]
async fn progress_is_told() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let options = CopyOptions {
        progress: Progress::new(move |event| heard.lock().unwrap().push(event.clone())),
        ..CopyOptions::default()
    };
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    into_memory(&original, &options).await;
    let events = std::mem::take(&mut *events.lock().unwrap());
    let sizes = memory.blobs.values().map(|blob| blob.len() as u64);
    let planned = Event::Planned {
        blobs: memory.blobs.len(),
        bytes: sizes.sum(),
        manifests: 1,
    };
    assert_eq!(events.first(), Some(&planned));
    assert_eq!(events.last(), Some(&Event::Manifest(root)));
    for (digest, blob) in &memory.blobs {
        let is_of = |event: &&Event| match event {
            Event::Begun(it) | Event::Done(it) => it.digest == *digest,
            Event::Bytes { digest: it, .. } => it == digest,
            _ => false,
        };
        let own: Vec<_> = events.iter().filter(is_of).collect();
        assert!(matches!(own.first(), Some(Event::Begun(_))), "{own:?}");
        assert!(matches!(own.last(), Some(Event::Done(_))), "{own:?}");
        let bytes = own.iter().map(|event| match event {
            Event::Bytes { bytes, .. } => *bytes,
            _ => 0,
        });
        assert_eq!(bytes.sum::<u64>(), blob.len() as u64);
    }
}

#[tokio::test]
async fn a_broken_blob_leaves_no_image() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    memory.broken.extend(memory.blobs.keys().next().copied());
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let directory = TempDir::new().unwrap();
    for (number, place) in formats(&directory, 1).iter().enumerate() {
        let written = target(&directory, place).await;
        let error = copy(&original, &written, &CopyOptions::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, ImageError::DigestMismatch { .. }),
            "{error}"
        );
        drop(written);
        let found = source(&directory, place).await;
        let is_there = match found {
            Ok(source) => source.resolve().await.is_ok(),
            Err(_) => false,
        };
        assert!(!is_there, "{number}: {place}");
    }
}
