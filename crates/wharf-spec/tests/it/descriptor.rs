//! Descriptors.

use serde_json::json;
use wharf_spec::{Descriptor, Platform, media_type};

fn digest() -> String {
    format!("sha256:{}", "0".repeat(64))
}

#[test]
fn every_field_goes_there_and_back() {
    let full = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest(),
        "size": 7,
        "urls": ["https://example.org/x"],
        "annotations": {"b": "2", "a": "1"},
        "platform": {
            "architecture": "arm64",
            "os": "windows",
            "variant": "v8",
            "os.version": "10.0",
            "os.features": ["win32k"],
        },
        "artifactType": "application/x",
    });
    let descriptor: Descriptor = serde_json::from_value(full.clone()).unwrap();
    assert_eq!(serde_json::to_value(&descriptor).unwrap(), full);

    let bare = json!({"mediaType": "x", "digest": digest(), "size": 0});
    let descriptor: Descriptor = serde_json::from_value(bare.clone()).unwrap();
    assert_eq!(serde_json::to_value(&descriptor).unwrap(), bare);
}

#[test]
fn what_is_optional_may_be_null_and_what_is_unknown_is_ignored() {
    let nulls: Descriptor = serde_json::from_value(json!({
        "mediaType": null, "digest": digest(), "size": null, "urls": null, "data": "e30=",
        "annotations": {"a": null}, "artifactType": "", "later": {"x": [1]},
        "platform": {"os": null, "os.features": null},
    }))
    .unwrap();
    assert_eq!((nulls.media_type.as_str(), nulls.size), ("", 0));
    assert_eq!(nulls.platform, Some(Platform::default()));
    assert_eq!(nulls.annotations.get("a").map(String::as_str), Some(""));
    assert_eq!(nulls.artifact_type, None);
    for wrong in [
        json!({"mediaType": "x", "size": 1}),
        json!({"digest": digest(), "size": -1}),
        json!({"digest": digest(), "size": 1.5}),
        json!({"digest": "md5:abc"}),
        json!(["x", digest(), 1]),
        json!({"digest": digest(), "platform": ["arm64", "linux"]}),
    ] {
        assert!(
            serde_json::from_value::<Descriptor>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn foreign_layers_need_not_be_here() {
    let check = |media_type: &str, urls: &[&str]| {
        let value = json!({"mediaType": media_type, "digest": digest(), "urls": urls});
        serde_json::from_value::<Descriptor>(value)
            .unwrap()
            .is_nondistributable()
    };
    assert!(check(media_type::DOCKER_FOREIGN_LAYER, &[]));
    assert!(check(media_type::OCI_NONDISTRIBUTABLE_LAYER, &[]));
    assert!(check(media_type::OCI_NONDISTRIBUTABLE_LAYER_GZIP, &[]));
    assert!(check(media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD, &[]));
    assert!(check(
        media_type::OCI_LAYER_GZIP,
        &["https://example.org/x"]
    ));
    assert!(!check(media_type::OCI_LAYER_GZIP, &[]));
    assert!(!check(media_type::DOCKER_LAYER, &[]));
}
