//! Some of the images of an index.

use std::sync::Arc;

use serde_json::Value;
use wharf_image::{CopyOptions, ImageError, Platforms, Source, Target, WantedPlatform, copy};
use wharf_spec::{Descriptor, Manifest};

use crate::copies::into_memory;
use crate::memory::{Memory, MemoryPlace};

fn options(platforms: Platforms) -> CopyOptions {
    CopyOptions {
        platforms,
        ..CopyOptions::default()
    }
}

fn wanted(texts: &[&str]) -> Vec<WantedPlatform> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn index() -> (Memory, Descriptor, Manifest) {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/amd64", "linux/arm/v6", "linux/arm64"]);
    memory.root(&root, &["v1"]);
    let index = Manifest::parse(memory.manifests[&root.digest].clone(), None).unwrap();
    (memory, root, index)
}

#[tokio::test]
async fn one_platform_goes_without_the_index() {
    let (memory, _, index) = index();
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    for (text, number) in [
        ("linux/amd64", 0),
        ("linux/arm/v7", 1),
        ("linux/arm64/v8", 2),
    ] {
        let one = Platforms::One(text.parse().unwrap());
        let (there, copied) = into_memory(&source, &options(one)).await;
        let child = &index.children()[number];
        assert_eq!(copied.root.digest, child.digest, "{text}");
        assert_eq!(copied.rewritten, None);
        assert_eq!(there.manifests.keys().collect::<Vec<_>>(), [&child.digest]);
        assert_eq!(there.roots[0].names, ["v1"]);
        assert_eq!(there.blobs.len(), 3);
    }
}

#[tokio::test]
async fn several_platforms_get_an_index_of_their_own() {
    let (memory, root, index) = index();
    let source: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let two = Platforms::Several(wanted(&["linux/arm64", "linux/amd64"]));
    let (there, copied) = into_memory(&source, &options(two)).await;
    let rewritten = copied.rewritten.unwrap();
    assert_eq!(rewritten.from, root.digest);
    assert_ne!(copied.root.digest, root.digest);
    let document: Value = serde_json::from_slice(&there.manifests[&copied.root.digest]).unwrap();
    let kept: Vec<_> = document["manifests"].as_array().unwrap().iter().collect();
    // The attestation is about the first.
    let expected = [0, 2, 3].map(|number: usize| index.children()[number].digest.to_string());
    assert_eq!(
        kept.iter()
            .map(|it| it["digest"].as_str().unwrap())
            .collect::<Vec<_>>(),
        expected
    );
    assert_eq!(kept[0]["platform"]["architecture"], "amd64");
    assert_eq!(document["annotations"]["kept"], "yes");
    assert_eq!(there.manifests.len(), 4);

    let all = Platforms::Several(wanted(&["linux/arm64", "linux/amd64", "linux/arm/v6"]));
    let (there, copied) = into_memory(&source, &options(all)).await;
    assert_eq!((copied.root.digest, copied.rewritten), (root.digest, None));
    assert_eq!(there.manifests, memory.manifests);
}

#[tokio::test]
async fn an_index_is_sparse_only_where_it_is_asked_for() {
    let (memory, root, index) = index();
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    let place = MemoryPlace::new(Memory {
        takes_sparse: true,
        ..Memory::default()
    });
    let target: Arc<dyn Target> = place.clone();
    let sparse = options(Platforms::Sparse(wanted(&["linux/arm64"])));
    let copied = copy(&source, &target, &sparse).await.unwrap();
    assert_eq!((copied.root.digest, copied.rewritten), (root.digest, None));
    let there = place.memory();
    let kept = [root.digest, index.children()[2].digest];
    assert_eq!(there.manifests.len(), 2);
    assert!(
        kept.iter()
            .all(|digest| there.manifests.contains_key(digest))
    );
    // What was left out can be had later.
    copy(&source, &target, &CopyOptions::default())
        .await
        .unwrap();
    assert_eq!(place.memory().manifests.len(), 5);
}

#[tokio::test]
async fn what_there_is_not_is_told_with_what_there_is() {
    let (memory, ..) = index();
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    for platforms in [
        Platforms::One("linux/s390x".parse().unwrap()),
        Platforms::Several(wanted(&["linux/amd64", "linux/s390x"])),
        Platforms::Sparse(wanted(&["linux/s390x"])),
    ] {
        let target: Arc<dyn Target> = Arc::<MemoryPlace>::default();
        let error = copy(&source, &target, &options(platforms))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no image for linux/s390x: there is linux/amd64, linux/arm/v6, linux/arm64, \
             unknown/unknown"
        );
    }
}

#[tokio::test]
async fn an_image_alone_has_to_be_for_the_platform() {
    let mut memory = Memory::default();
    let root = memory.image("linux/arm64", 1);
    memory.root(&root, &[]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    let fits = options(Platforms::One("linux/arm64".parse().unwrap()));
    let (_, copied) = into_memory(&source, &fits).await;
    assert_eq!(copied.root.digest, root.digest);
    let other = options(Platforms::One("linux/amd64".parse().unwrap()));
    let target: Arc<dyn Target> = Arc::<MemoryPlace>::default();
    let error = copy(&source, &target, &other).await.unwrap_err();
    assert!(matches!(error, ImageError::NoPlatform { .. }), "{error}");
    assert!(
        error.to_string().ends_with("there is linux/arm64"),
        "{error}"
    );
}
