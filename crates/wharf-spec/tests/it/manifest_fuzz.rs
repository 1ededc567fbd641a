//! Manifests that nobody should write.

use bolero::check;
use bytes::Bytes;
use serde_json::json;
use wharf_spec::{Descriptor, Manifest, ManifestType, media_type};

use crate::manifest::{descriptor, image, index};

/// Reads the bytes in every way; whatever is taken must hang together.
fn assert_sane(bytes: &[u8]) {
    let content_types = ManifestType::ALL.map(|media_type| Some(media_type.as_str()));
    for content_type in content_types.into_iter().chain([None]) {
        let Ok(manifest) = Manifest::parse(Bytes::copy_from_slice(bytes), content_type) else {
            continue;
        };
        let media_type = manifest.media_type();
        assert_eq!(&manifest.bytes()[..], bytes);
        assert!(content_type.is_none_or(|content_type| content_type == media_type.as_str()));
        if media_type.is_index() {
            assert!(manifest.config().is_none() && manifest.layers().is_empty());
        } else {
            assert!(manifest.config().is_some() && manifest.children().is_empty());
        }
        assert_eq!(Manifest::detect(bytes).unwrap(), media_type);
        for reference in manifest.references().chain(manifest.subject()) {
            let json = serde_json::to_vec(reference).unwrap();
            assert_eq!(
                serde_json::from_slice::<Descriptor>(&json).unwrap(),
                *reference
            );
        }
    }
}

#[test]
fn fuzz_manifest_bytes() {
    check!().for_each(assert_sane);
}

#[test]
fn fuzz_manifest_mutated() {
    let templates: Vec<String> = [
        image(json!({})),
        image(json!({"mediaType": media_type::DOCKER_MANIFEST, "annotations": {"a": "b"}})),
        image(json!({"subject": descriptor(media_type::OCI_MANIFEST, '7'), "artifactType": "x"})),
        index(json!({})),
        index(json!({"mediaType": media_type::OCI_INDEX, "annotations": null})),
        index(json!({"mediaType": media_type::DOCKER_MANIFEST_LIST})),
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    check!()
        .with_type::<(u8, Vec<(u8, u16, u8)>)>()
        .for_each(|(which, edits)| {
            let template = &templates[usize::from(*which) % templates.len()];
            let mut bytes = template.clone().into_bytes();
            for (kind, at, byte) in edits.iter().take(4) {
                let at = usize::from(*at) % bytes.len();
                match kind % 4 {
                    0 => bytes[at] = *byte,
                    1 => bytes.insert(at, *byte),
                    // Copies another part of the document here: fields come twice, or elsewhere.
                    2 => {
                        let from = usize::from(*byte).min(at);
                        bytes.extend_from_within(from..at);
                        bytes.rotate_right(at - from);
                    }
                    _ => bytes.truncate(at.max(1)),
                }
            }
            assert_sane(&bytes);
        });
}
