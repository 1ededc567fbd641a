//! What an interrupted copy leaves, and the next one goes on with.

use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tempfile::TempDir;
use wharf_image::{CopyOptions, Source, copy};
use wharf_spec::Digest;

use crate::copies::{into_memory, source, surroundings, target};
use crate::memory::{Memory, MemoryPlace};
use crate::registry::Registry;

/// A registry with an image, and its largest blob.
async fn sample(directory: &TempDir) -> (Registry, Digest, Bytes) {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let registry = Registry::start(true).await;
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = target(directory, &registry.place("app:1")).await;
    let options = CopyOptions::default();
    copy(&original, &written, &options).await.unwrap();
    let (digest, bytes) = memory
        .blobs
        .iter()
        .max_by_key(|(_, bytes)| bytes.len())
        .unwrap();
    (registry, *digest, bytes.clone())
}

fn part(place: &Path, digest: &Digest) -> PathBuf {
    place.join(format!(".wharf-part-{}", digest.hex()))
}

/// What was asked for of a blob while it was copied to a place, which has the image then.
async fn asked(
    directory: &TempDir,
    registry: &Registry,
    place: &str,
    digest: &Digest,
) -> Vec<String> {
    registry.asked();
    let read = source(directory, &registry.place("app:1")).await.unwrap();
    let written = target(directory, place).await;
    let options = CopyOptions::default();
    copy(&read, &written, &options).await.unwrap();
    let there = source(directory, place).await.unwrap();
    into_memory(&there, &options).await;
    let asked = format!("GET /v2/app/blobs/{digest}");
    let asked = registry
        .asked()
        .into_iter()
        .filter_map(|it| it.strip_prefix(&asked).map(str::to_owned));
    asked.collect()
}

#[tokio::test]
async fn a_copy_goes_on_within_a_blob() {
    let directory = TempDir::new().unwrap();
    let (registry, digest, bytes) = sample(&directory).await;
    for (number, length) in [1, bytes.len() / 2, bytes.len()].into_iter().enumerate() {
        for kind in ["oci", "dir"] {
            let path = directory.path().join(format!("{kind}{number}"));
            std::fs::create_dir(&path).unwrap();
            let part = part(&path, &digest);
            std::fs::write(&part, &bytes[..length]).unwrap();
            let place = format!("{kind}:{}", path.display());
            let asked = asked(&directory, &registry, &place, &digest).await;
            let rest = format!(" bytes={length}-");
            let expected = (length < bytes.len()).then_some(rest);
            assert_eq!(asked, Vec::from_iter(expected));
            assert!(!part.exists());
        }
    }
}

/// Power loss may leave anything in it.
#[tokio::test]
async fn what_is_left_of_another_blob_is_thrown_away() {
    let directory = TempDir::new().unwrap();
    let (registry, digest, bytes) = sample(&directory).await;
    for (number, length) in [bytes.len() / 2, bytes.len(), bytes.len() + 1]
        .into_iter()
        .enumerate()
    {
        let path = directory.path().join(number.to_string());
        std::fs::create_dir(&path).unwrap();
        std::fs::write(part(&path, &digest), vec![0; length]).unwrap();
        let place = format!("oci:{}", path.display());
        let asked = asked(&directory, &registry, &place, &digest).await;
        // All of it, in the end.
        assert_eq!(asked.last().unwrap(), "");
        assert!(!part(&path, &digest).exists());
    }
}

#[tokio::test]
async fn two_copies_do_not_write_one_file() {
    let directory = TempDir::new().unwrap();
    let (registry, digest, bytes) = sample(&directory).await;
    let path = directory.path().join("layout");
    std::fs::create_dir(&path).unwrap();
    let other = part(&path, &digest);
    std::fs::write(&other, &bytes[..10]).unwrap();
    let held = File::open(&other).unwrap();
    held.lock().unwrap();
    let place = format!("oci:{}", path.display());
    let asked = asked(&directory, &registry, &place, &digest).await;
    assert_eq!(asked, [""]);
    assert_eq!(std::fs::read(&other).unwrap(), bytes[..10]);
}

#[tokio::test]
async fn what_nobody_came_back_for_goes() {
    let directory = TempDir::new().unwrap();
    let (registry, digest, _) = sample(&directory).await;
    let path = directory.path().join("layout");
    std::fs::create_dir(&path).unwrap();
    let days = |days: u64| SystemTime::now() - Duration::from_hours(24 * days);
    let part = |letter: &str| format!(".wharf-part-{}", letter.repeat(64));
    let left = [
        (part("a"), 8, false),
        (part("b"), 6, true),
        (".wharf-12-ab3-4".to_owned(), 0, false),
        // Of somebody who is at work, and what was never ours.
        (".wharf-12-ab3-5".to_owned(), 0, true),
        (".wharf-notes".to_owned(), 30, true),
        (".wharf-part-notes".to_owned(), 30, true),
    ];
    let mut held = None;
    for (name, age, _) in &left {
        let file = File::create(path.join(name)).unwrap();
        let times = FileTimes::new().set_modified(days(*age));
        file.set_times(times).unwrap();
        if name.ends_with("-5") {
            file.lock().unwrap();
            held = Some(file);
        }
    }
    // A directory of such a name is in nobody's way.
    std::fs::create_dir(path.join(".wharf-12-ab3-6")).unwrap();
    let place = format!("oci:{}", path.display());
    asked(&directory, &registry, &place, &digest).await;
    for (name, _, stays) in left {
        assert_eq!(path.join(&name).exists(), stays, "{name}");
    }
    drop(held);
}

/// A project's own `manifest.json` is no image's.
#[tokio::test]
async fn files_of_others_are_not_replaced() {
    let directory = TempDir::new().unwrap();
    for (name, content) in [("manifest.json", "{}"), ("version", "1.2.3\n")] {
        let path = directory.path().join(format!("of-{name}"));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(name), content).unwrap();
        let place = format!("dir:{}", path.display()).parse().unwrap();
        let opened = surroundings(directory.path()).target(&place).await;
        let error = opened.err().unwrap().to_string();
        assert!(error.contains("choose another directory"), "{error}");
        assert_eq!(std::fs::read(path.join(name)).unwrap(), content.as_bytes());
    }
}

/// Someone has a directory that is called as an image is.
#[tokio::test]
async fn a_directory_of_others_is_no_layout() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("main.c"), "").unwrap();
    let place = format!("oci:{}", directory.path().display());
    let place = place.parse().unwrap();
    let opened = surroundings(directory.path()).target(&place).await;
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("\"main.c\""), "{error}");
    let names = directory.path().read_dir().unwrap().count();
    assert_eq!(names, 1);
    std::fs::rename(
        directory.path().join("main.c"),
        directory.path().join(".hidden"),
    )
    .unwrap();
    surroundings(directory.path()).target(&place).await.unwrap();
}
