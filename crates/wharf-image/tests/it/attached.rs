//! Signatures that are about an image by their tags.

use std::sync::Arc;

use tempfile::TempDir;
use wharf_image::{CopyOptions, Root, Source, copy, copy_into};

use crate::copies::{into_memory, source, target};
use crate::memory::{Memory, MemoryPlace};
use crate::registry::{Registry, with_referrers};

/// An image, and one that is to be its signature.
fn signed() -> (Memory, Root, Root, String) {
    let mut memory = Memory::default();
    let image = memory.image("linux/amd64", 1);
    let signature = memory.image("linux/amd64", 2);
    let tag = image.digest.to_string().replace(':', "-") + ".sig";
    let root = |descriptor: &wharf_spec::Descriptor, name: &str| Root {
        descriptor: descriptor.clone(),
        names: vec![name.to_owned()],
    };
    let (image, signature) = (root(&image, "v1"), root(&signature, &tag));
    (memory, image, signature, tag)
}

#[tokio::test]
async fn a_signature_goes_along_under_its_tag() {
    let directory = TempDir::new().unwrap();
    let (memory, image, signature, tag) = signed();
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let registry = Registry::start(true).await;
    for root in [&image, &signature] {
        let place = registry.place(&format!("a:{}", root.names[0]));
        let written = target(&directory, &place).await;
        let options = CopyOptions::default();
        copy_into(&original, root, &written, &options)
            .await
            .unwrap();
    }
    let path = directory.path().display();
    let layout = format!("oci:{path}/layout:v1");
    let archive = format!("oci-archive:{path}/archive:v1");
    let back = registry.place("b:v2");
    let from = registry.place("a:v1");
    for (from, to) in [(&from, &layout), (&layout, &archive), (&archive, &back)] {
        let read = source(&directory, from).await.unwrap();
        let written = target(&directory, to).await;
        copy(&read, &written, &with_referrers()).await.unwrap();
    }
    let asked = registry.asked();
    let at = |line: &str| asked.iter().position(|it| it == line).unwrap();
    // It is there before the image can be seen.
    let put = format!("PUT /v2/b/manifests/{tag}");
    assert!(at(&put) < at("PUT /v2/b/manifests/v2"), "{asked:#?}");
    let read = source(&directory, &back).await.unwrap();
    let attached = read.attached(&image.descriptor.digest).await.unwrap();
    assert_eq!(attached.len(), 1);
    assert_eq!(attached[0].tag.as_str(), tag);
    assert_eq!(attached[0].descriptor.digest, signature.descriptor.digest);
    let (there, _) = into_memory(&read, &with_referrers()).await;
    assert_eq!(there.manifests, memory.manifests);
    let (there, _) = into_memory(&read, &CopyOptions::default()).await;
    assert_eq!(there.manifests.len(), 1);
}

#[tokio::test]
async fn a_signature_is_no_image_of_a_layout() {
    let directory = TempDir::new().unwrap();
    let (memory, image, signature, _) = signed();
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let place = format!("oci:{}/layout", directory.path().display());
    let written = target(&directory, &place).await;
    for root in [&image, &signature] {
        let options = CopyOptions::default();
        copy_into(&original, root, &written, &options)
            .await
            .unwrap();
    }
    written.finish().await.unwrap();
    let read = source(&directory, &place).await.unwrap();
    let found = read.resolve().await.unwrap();
    assert_eq!(found.descriptor.digest, image.descriptor.digest);
}
