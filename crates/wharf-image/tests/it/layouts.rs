//! OCI layouts in directories.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_image::{CopyOptions, ImageError, Source, copy, copy_into};

use crate::copies::{into_memory, source, target};
use crate::memory::{Memory, MemoryPlace};

fn sample(seed: u8) -> (Memory, wharf_spec::Descriptor) {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", seed);
    memory.root(&root, &[]);
    (memory, root)
}

fn index(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path.join("index.json")).unwrap()).unwrap()
}

async fn write(directory: &TempDir, place: &str, memory: &Memory) -> wharf_image::Copied {
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = target(directory, place).await;
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn images_are_added_and_names_move() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("new/layout");
    let place = |name: &str| format!("oci:{}{name}", path.display());
    let (first, first_root) = sample(1);
    let (second, second_root) = sample(2);
    write(&directory, &place(":a"), &first).await;
    write(&directory, &place(":b"), &first).await;
    let mark = std::fs::read_to_string(path.join("oci-layout")).unwrap();
    assert_eq!(mark, r#"{"imageLayoutVersion":"1.0.0"}"#);
    let mut document = index(&path);
    assert_eq!(document["manifests"].as_array().unwrap().len(), 2);
    // What others wrote stays.
    document["annotations"] = json!({"mine": "yes"});
    std::fs::write(path.join("index.json"), document.to_string()).unwrap();
    write(&directory, &place(":b"), &second).await;
    let document = index(&path);
    assert_eq!(document["annotations"]["mine"], "yes");
    assert_eq!(document["manifests"].as_array().unwrap().len(), 2);
    for (name, root) in [("a", &first_root), ("b", &second_root)] {
        let read = source(&directory, &place(&format!(":{name}")))
            .await
            .unwrap();
        let found = read.resolve().await.unwrap();
        assert_eq!(
            (found.descriptor.digest, found.names),
            (root.digest, vec![name.to_owned()])
        );
        let by_digest = place(&format!("@{}", root.digest));
        let read = source(&directory, &by_digest).await.unwrap();
        assert_eq!(read.resolve().await.unwrap().descriptor.digest, root.digest);
    }
    let read = source(&directory, &place("")).await.unwrap();
    let error = read.resolve().await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("has several images: say which of a, b"),
        "{error}"
    );
    let read = source(&directory, &place(":c")).await.unwrap();
    let error = read.resolve().await.unwrap_err();
    assert!(
        error.to_string().starts_with("c was not found in "),
        "{error}"
    );
    assert!(error.to_string().ends_with(": there is a, b"), "{error}");
}

#[tokio::test]
async fn an_interrupted_copy_leaves_a_layout_and_goes_on() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("layout");
    let place = format!("oci:{}:v1", path.display());
    let (mut memory, root) = sample(1);
    let broken = *memory.blobs.keys().next().unwrap();
    memory.broken.insert(broken);
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = target(&directory, &place).await;
    let one = CopyOptions {
        parallel: std::num::NonZeroUsize::MIN,
        ..CopyOptions::default()
    };
    copy(&original, &written, &one).await.unwrap_err();
    drop(written);
    // A process that was killed leaves what it was writing.
    std::fs::write(path.join(".wharf-1-2-3"), "half").unwrap();
    assert_eq!(index(&path)["manifests"], json!([]));
    assert!(!path.join(format!("blobs/sha256/{}", broken.hex())).exists());
    let there = std::fs::read_dir(path.join("blobs/sha256"))
        .unwrap()
        .count();

    memory.broken.clear();
    let again = MemoryPlace::new(memory.clone());
    let from: Arc<dyn Source> = again.clone();
    let written = target(&directory, &place).await;
    let copied = copy(&from, &written, &one).await.unwrap();
    assert_eq!(copied.skipped, there);
    assert_eq!(again.memory().reads, memory.blobs.len() - there);
    assert!(!path.join(".wharf-1-2-3").exists());
    let (read, copied) = into_memory(&source(&directory, &place).await.unwrap(), &one).await;
    assert_eq!(
        (copied.root.digest, read.blobs),
        (root.digest, memory.blobs)
    );
    let names = std::fs::read_dir(&path)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["blobs", "index.json", "oci-layout"]);
}

#[tokio::test]
async fn nothing_is_swept_while_another_writes() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("layout");
    let first = target(&directory, &format!("oci:{}:a", path.display())).await;
    let unfinished = path.join(".wharf-4-5-6");
    std::fs::write(&unfinished, "half").unwrap();
    let second = target(&directory, &format!("oci:{}:b", path.display())).await;
    assert!(unfinished.exists());
    // Both lists are kept.
    for (seed, written) in [(1, &first), (2, &second)] {
        let (memory, _) = sample(seed);
        let original: Arc<dyn Source> = MemoryPlace::new(memory);
        let root = original.resolve().await.unwrap();
        copy_into(&original, &root, written, &CopyOptions::default())
            .await
            .unwrap();
    }
    second.finish().await.unwrap();
    first.finish().await.unwrap();
    assert_eq!(index(&path)["manifests"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_digest_has_to_be_the_one_that_is_written() {
    let directory = TempDir::new().unwrap();
    let (memory, _) = sample(1);
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    for kind in ["oci", "oci-archive"] {
        let path = directory.path().join(kind);
        let place = format!("{kind}:{}@sha256:{}", path.display(), "a".repeat(64));
        let written = target(&directory, &place).await;
        let error = copy(&original, &written, &CopyOptions::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, ImageError::DigestMismatch { .. }),
            "{error}"
        );
    }
}
