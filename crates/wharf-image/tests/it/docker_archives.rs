//! Archives of `docker save`, of every age, and those that are written here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_image::{CopyOptions, ImageError, Source, copy, copy_into};
use wharf_spec::{Manifest, media_type};

use crate::copies::{into_memory, source, target};
use crate::damaged::entry;
use crate::memory::{Memory, MemoryPlace};
use crate::samples::{config, digest, layer};

/// Files of an archive, as every other reader of tar finds them.
fn files(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let text = |bytes: &[u8]| {
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        String::from_utf8(bytes[..end].to_vec()).unwrap()
    };
    let mut files = BTreeMap::new();
    let mut position = 0;
    while bytes[position..position + 512]
        .iter()
        .any(|byte| *byte != 0)
    {
        let block = &bytes[position..position + 512];
        let size = usize::from_str_radix(&text(&block[124..136]), 8).unwrap();
        position += 512;
        files.insert(
            text(&block[..100]),
            bytes[position..position + size].to_vec(),
        );
        position += size.next_multiple_of(512);
    }
    assert_eq!(bytes.len(), position + 1024);
    files
}

#[tokio::test]
async fn what_is_written_is_what_an_engine_looks_for() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let image = memory.image("linux/amd64", 1);
    let index = memory.index(&["linux/s390x", "linux/amd64"]);
    memory.root(&image, &["docker.io/library/a:v1", "b:v2"]);
    memory.root(&index, &["localhost:5000/c/d:v3"]);
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let path = directory.path().join("saved.tar");
    let written = target(&directory, &format!("docker-archive:{}", path.display())).await;
    for root in original.roots().await.unwrap() {
        copy_into(&original, &root, &written, &CopyOptions::default())
            .await
            .unwrap();
    }
    assert!(!path.exists());
    written.finish().await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let files = files(&bytes);
    let json = |name: &str| serde_json::from_slice::<Value>(&files[name]).unwrap();
    let blob = |digest: &wharf_spec::Digest| format!("blobs/sha256/{}", digest.hex());

    let list = json("manifest.json");
    assert_eq!(list.as_array().unwrap().len(), 3);
    let parsed = Manifest::parse(memory.manifests[&image.digest].clone(), None).unwrap();
    assert_eq!(list[0]["RepoTags"], json!(["a:v1", "b:v2"]));
    assert_eq!(
        list[0]["Config"],
        json!(blob(&parsed.config().unwrap().digest))
    );
    let layers: Vec<_> = parsed.layers().iter().map(|it| blob(&it.digest)).collect();
    assert_eq!(list[0]["Layers"], json!(layers));
    assert!(layers.iter().all(|name| files.contains_key(name)));
    let tagged = list
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["RepoTags"] == json!(["localhost:5000/c/d:v3"]));
    assert!(tagged.is_some(), "{list}");

    let top = parsed.layers()[1].digest.hex();
    let repositories = json("repositories");
    assert_eq!(repositories["a"], json!({"v1": top}));
    assert_eq!(repositories["b"], json!({"v2": top}));
    let entries = json("index.json")["manifests"].clone();
    assert_eq!(entries.as_array().unwrap().len(), 3);
    let annotations = json!({
        "io.containerd.image.name": "docker.io/library/a:v1",
        "org.opencontainers.image.ref.name": "v1",
    });
    assert_eq!(entries[0]["annotations"], annotations);
    assert_eq!(json("oci-layout")["imageLayoutVersion"], "1.0.0");

    for (name, root) in [
        (":a:v1", &image),
        (":b:v2", &image),
        (":localhost:5000/c/d:v3", &index),
    ] {
        let place = format!("docker-archive:{}{name}", path.display());
        let found = source(&directory, &place)
            .await
            .unwrap()
            .resolve()
            .await
            .unwrap();
        assert_eq!(found.descriptor.digest, root.digest, "{name}");
    }
    let place = format!("docker-archive:{}:c:v3", path.display());
    let error = source(&directory, &place)
        .await
        .unwrap()
        .resolve()
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

fn old_archive() -> Vec<u8> {
    let config = config("linux/amd64");
    let list = json!([
        {"Config": "1.json", "RepoTags": ["a:v1", "b:v2"], "Layers": ["x/layer.tar", "y/layer.tar"]},
        {"Config": "./2.json", "RepoTags": null, "Layers": ["z/layer.tar", "w/layer.tar"]},
    ]);
    [
        entry("x/", b'5', "", b""),
        entry("x/layer.tar", b'0', "", &layer(1, 600_000)),
        entry("y/layer.tar", b'0', "", b"\x1f\x8bcompressed"),
        entry("z/layer.tar", b'2', "../x/layer.tar", b""),
        entry("w/layer.tar", b'1', "y/layer.tar", b""),
        entry("1.json", b'0', "", &config),
        entry("2.json", b'0', "", b"{}"),
        entry("manifest.json", b'0', "", list.to_string().as_bytes()),
        entry("repositories", b'0', "", b"{}"),
        vec![0; 1024],
    ]
    .concat()
}

#[tokio::test]
async fn archives_of_old_engines_are_read() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("old.tar");
    std::fs::write(&path, old_archive()).unwrap();
    let place = |name: &str| format!("docker-archive:{}{name}", path.display());
    for name in ["", ":a:v1", ":docker.io/library/b:v2"] {
        let read = source(&directory, &place(name)).await.unwrap();
        let root = read.resolve().await.unwrap();
        assert_eq!(root.names, ["a:v1", "b:v2"]);
        let (there, copied) = into_memory(&read, &CopyOptions::default()).await;
        let manifest = there.manifests[&copied.root.digest].clone();
        let manifest = Manifest::parse(manifest, Some(media_type::DOCKER_MANIFEST)).unwrap();
        let layers: Vec<_> = manifest
            .layers()
            .iter()
            .map(|it| (it.digest, &*it.media_type))
            .collect();
        assert_eq!(
            layers,
            [
                (
                    digest(&layer(1, 600_000)),
                    "application/vnd.docker.image.rootfs.diff.tar"
                ),
                (digest(b"\x1f\x8bcompressed"), media_type::DOCKER_LAYER),
            ]
        );
        assert_eq!(
            manifest.config().unwrap().digest,
            digest(&config("linux/amd64"))
        );
        assert_eq!(there.blobs[&layers[0].0], layer(1, 600_000));
    }
    let read = source(&directory, &place("")).await.unwrap();
    let roots = read.roots().await.unwrap();
    let manifest = read.manifest(&roots[1].descriptor).await.unwrap();
    let links = Manifest::parse(manifest, None).unwrap();
    assert_eq!(links.layers()[0].digest, digest(&layer(1, 600_000)));
    let error = source(&directory, &place(":c")).await.err().unwrap();
    assert!(
        error.to_string().ends_with(": there is a:v1, b:v2"),
        "{error}"
    );
}

/// Docker 25 wrote manifests that say nothing of the layers.
#[tokio::test]
async fn a_layout_that_says_less_than_the_list_is_not_believed() {
    let directory = TempDir::new().unwrap();
    let config = config("linux/amd64");
    let content = layer(1, 1000);
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", digest(bytes).hex());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": [],
        "config": {"mediaType": media_type::OCI_CONFIG, "digest": digest(&config), "size": config.len()},
    })
    .to_string();
    let index = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": media_type::OCI_MANIFEST, "digest": digest(manifest.as_bytes()), "size": manifest.len(),
    }]});
    let list = json!([{"Config": blob(&config), "RepoTags": ["a:v1"], "Layers": [blob(&content)]}]);
    let bytes = [
        entry(&blob(&config), b'0', "", &config),
        entry(&blob(&content), b'0', "", &content),
        entry(&blob(manifest.as_bytes()), b'0', "", manifest.as_bytes()),
        entry("index.json", b'0', "", index.to_string().as_bytes()),
        entry("manifest.json", b'0', "", list.to_string().as_bytes()),
        entry("oci-layout", b'0', "", b"{}"),
        vec![0; 1024],
    ];
    let path = directory.path().join("docker25.tar");
    std::fs::write(&path, bytes.concat()).unwrap();
    let read = source(
        &directory,
        &format!("docker-archive:{}:a:v1", path.display()),
    )
    .await
    .unwrap();
    let (there, _) = into_memory(&read, &CopyOptions::default()).await;
    assert!(there.blobs.contains_key(&digest(&content)));
}

#[tokio::test]
async fn archives_come_through_pipes() {
    let directory = TempDir::new().unwrap();
    let pipe = directory.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &["a:v1"]);
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let place = format!("docker-archive:{}", pipe.display());
    let options = CopyOptions::default();
    let reading = async {
        let read = source(&directory, &place).await.unwrap();
        into_memory(&read, &options).await.0
    };
    let writing = async {
        let written = target(&directory, &place).await;
        copy(&original, &written, &options).await.unwrap();
    };
    let (there, ()) = tokio::join!(reading, writing);
    assert_eq!(
        (there.blobs, there.manifests),
        (memory.blobs, memory.manifests)
    );
    assert_eq!(there.roots[0].names, ["docker.io/library/a:v1"]);
    // Nothing is left of what was kept for a while.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_that_is_there_is_replaced_only_at_the_end() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("saved.tar");
    std::fs::write(&path, "old").unwrap();
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    memory.broken.extend(memory.blobs.keys().last().copied());
    let place = format!("oci-archive:{}", path.display());
    let broken: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = target(&directory, &place).await;
    let error = copy(&broken, &written, &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, ImageError::DigestMismatch { .. }),
        "{error}"
    );
    // Half of a blob is no end of an archive.
    let error = written.finish().await.unwrap_err();
    assert!(matches!(error, ImageError::Damaged { .. }), "{error}");
    drop(written);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    memory.broken.clear();
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let written = target(&directory, &place).await;
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap();
    assert!(std::fs::read(&path).unwrap().len() > 700_000);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}
