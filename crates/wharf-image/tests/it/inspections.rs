//! What is said of images.

use std::sync::Arc;

use serde_json::json;
use wharf_image::{Image, ImageError, Source, inspect, manifest};
use wharf_spec::media_type;

use crate::memory::{Memory, MemoryPlace};
use crate::samples::{config, digest, layer};

#[tokio::test]
async fn an_image_is_described() {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    let signature = memory.referrer(Some(&root));
    memory.root(&root, &["v1"]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let found = inspect(&source, &source.resolve().await.unwrap(), None)
        .await
        .unwrap();
    assert_eq!(found.names, ["v1"]);
    assert_eq!(found.root, root);
    assert_eq!(found.platforms.len(), 1);
    assert_eq!(found.platforms[0].platform.architecture, "amd64");
    assert_eq!(found.referrers[0].digest, signature.digest);
    let image = found.image.unwrap();
    assert_eq!(image.created, "2026-01-02T03:04:05Z");
    assert_eq!(image.environment, ["PATH=/bin"]);
    assert_eq!(
        (image.entrypoint, image.command),
        (vec!["/start".to_owned()], Vec::new())
    );
    assert_eq!(image.labels["a"], "b");
    let base = image.base.unwrap();
    assert_eq!(base.name.as_deref(), Some("docker.io/library/base:1"));
    let diff_ids: Vec<_> = image.layers.iter().map(|it| it.diff_id.unwrap()).collect();
    assert_eq!(diff_ids, [digest(b"one"), digest(b"two")]);
    let steps: Vec<_> = image
        .history
        .iter()
        .map(|it| (it.created_by.as_str(), it.layer))
        .collect();
    assert_eq!(
        steps,
        [("ADD one", Some(0)), ("ENV x", None), ("ADD two", Some(1))]
    );
    let layers = image
        .layers
        .iter()
        .map(|it| it.descriptor.size)
        .sum::<u64>();
    assert_eq!(image.size, root.size + image.config.size + layers);
}

#[tokio::test]
async fn an_index_is_described_with_one_of_its_images() {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/s390x", "linux/arm64/v8"]);
    memory.root(&root, &["v1"]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    let root = source.resolve().await.unwrap();
    let wanted = "linux/arm64".parse().unwrap();
    let found = inspect(&source, &root, Some(&wanted)).await.unwrap();
    let platforms: Vec<_> = found
        .platforms
        .iter()
        .map(|it| &*it.platform.architecture)
        .collect();
    assert_eq!(platforms, ["s390x", "arm64"]);
    let image = found.image.unwrap();
    assert_eq!(image.platform.architecture, "arm64");
    assert_eq!(image.digest, found.platforms[1].digest);
    let wanted = "windows/amd64".parse().unwrap();
    let error = inspect(&source, &root, Some(&wanted)).await.unwrap_err();
    assert!(matches!(error, ImageError::NoPlatform { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_image_is_described_too() {
    let mut memory = Memory::default();
    let root = memory.referrer(None);
    memory.root(&root, &[]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    let found = inspect(&source, &source.resolve().await.unwrap(), None)
        .await
        .unwrap();
    assert!(found.image.is_none() && found.platforms.is_empty());
    let text = serde_json::to_value(&found).unwrap();
    assert_eq!(text["root"]["digest"], root.digest.to_string());
}

#[tokio::test]
async fn an_image_is_opened_with_its_layers() {
    let mut memory = Memory::default();
    let root = memory.index(&["linux/s390x", "linux/arm64/v8"]);
    memory.root(&root, &["v1"]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let wanted = "linux/arm64".parse().unwrap();
    let image = Image::open(&source, Some(&wanted)).await.unwrap();
    assert_eq!(image.root.descriptor, root);
    assert_eq!(image.platform.variant.as_deref(), Some("v8"));
    assert_eq!(digest(&image.config_bytes), image.config.digest);
    let diff_ids: Vec<_> = image.layers.iter().map(|(_, diff_id)| *diff_id).collect();
    assert_eq!(diff_ids, [digest(b"one"), digest(b"two")]);
    let (found, chosen, _) = manifest(&source, Some(&wanted)).await.unwrap();
    assert_eq!((found.descriptor, chosen), (root, image.descriptor));
    let none = "windows/amd64".parse().unwrap();
    let none = Image::open(&source, Some(&none)).await.unwrap_err();
    assert!(matches!(none, ImageError::NoPlatform { .. }), "{none}");
}

#[tokio::test]
async fn what_has_no_root_filesystem_is_no_image() {
    let mut memory = Memory::default();
    let artifact = memory.referrer(None);
    memory.root(&artifact, &["v1"]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    assert!(manifest(&source, None).await.is_ok());
    let error = Image::open(&source, None).await.unwrap_err();
    assert!(
        error.to_string().contains("application/vnd.example"),
        "{error}"
    );
}

#[tokio::test]
async fn a_configuration_names_every_layer() {
    let mut memory = Memory::default();
    let config = memory.blob(media_type::OCI_CONFIG, config("linux/amd64"));
    let layer = memory.blob(media_type::OCI_LAYER, layer(1, 10));
    let root = memory.manifest(&json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": config, "layers": [layer],
    }));
    memory.root(&root, &["v1"]);
    let source: Arc<dyn Source> = MemoryPlace::new(memory);
    let error = Image::open(&source, None).await.unwrap_err();
    assert!(matches!(error, ImageError::Damaged { .. }), "{error}");
}
