//! `validation.manifests.indexes`

use serde_json::{Value, json};
use wharf_registry::{Error, Options, RequiredPlatform, RequiredPlatforms, SparseManifests};
use wharf_spec::{Digest, media_type};

use super::repository_with;
use crate::fixtures::sha256;
use crate::images::{descriptor, image, index, push, try_push, whole_image};

fn required(platforms: &[(&str, &str)]) -> Option<RequiredPlatforms> {
    let platforms = platforms.iter().map(|(architecture, os)| RequiredPlatform {
        architecture: (*architecture).to_owned(),
        os: (*os).to_owned(),
    });
    RequiredPlatforms::new(platforms.collect())
}

/// The entry of an index that is not there.
fn absent(content: &str, platform: &Value) -> Value {
    let mut child = descriptor(media_type::OCI_MANIFEST, content.as_bytes());
    child["platform"] = platform.clone();
    child
}

/// What an index with these entries lacks, in either of its formats.
async fn missing(sparse: SparseManifests, children: &[Value]) -> Vec<Digest> {
    let repository = repository_with(Options {
        sparse,
        ..Options::default()
    });
    let mut found = Vec::new();
    for media_type in [media_type::OCI_INDEX, media_type::DOCKER_MANIFEST_LIST] {
        let mut index = index(&[]);
        index["mediaType"] = json!(media_type);
        index["manifests"] = json!(children);
        found.push(match try_push(&repository, &index, "t").await {
            Ok(_) => Vec::new(),
            Err(Error::ReferencesUnknown(missing)) => missing,
            Err(other) => panic!("{other:?}"),
        });
    }
    assert_eq!(found[0], found[1]);
    found.remove(0)
}

#[tokio::test]
async fn children_for_the_platforms_of_the_list_must_be_there() {
    let list = required(&[("amd64", "linux"), ("arm64", "linux"), ("amd64", "windows")]).unwrap();
    let children = [
        absent("1", &json!({ "architecture": "amd64", "os": "linux" })),
        absent("2", &json!({ "architecture": "arm64", "os": "windows" })),
        absent("3", &json!({ "architecture": "s390x", "os": "linux" })),
        absent(
            "4",
            &json!({ "architecture": "arm64", "os": "linux", "variant": "v8" }),
        ),
        absent("5", &json!({ "architecture": "unknown", "os": "unknown" })),
        absent("6", &Value::Null),
        absent(
            "7",
            &json!({ "architecture": "amd64", "os": "windows", "os.version": "10.0.1" }),
        ),
        absent("8", &json!({})),
        absent("9", &json!({ "architecture": "AMD64", "os": "linux" })),
    ];
    assert_eq!(
        missing(SparseManifests::IndexesBut(list), &children).await,
        ["1", "4", "7"].map(|content| sha256(content.as_bytes()))
    );
    assert_eq!(missing(SparseManifests::Indexes, &children).await, []);
    assert_eq!(missing(SparseManifests::Refused, &children).await.len(), 9);
}

#[tokio::test]
async fn what_is_there_satisfies_the_list_and_images_are_always_whole() {
    let repository = repository_with(Options {
        sparse: SparseManifests::IndexesBut(required(&[("amd64", "linux")]).unwrap()),
        ..Options::default()
    });
    let image_there = whole_image(&repository, "x").await;
    push(&repository, &image_there).await;
    let mut index = index(&[&image_there]);
    index["manifests"][0]["platform"] = json!({ "architecture": "amd64", "os": "linux" });
    try_push(&repository, &index, "t").await.unwrap();

    let lacking = image(b"config of x", &[b"absent"]);
    let refused = try_push(&repository, &lacking, "t").await;
    assert!(
        matches!(&refused, Err(Error::ReferencesUnknown(missing)) if *missing == [sha256(b"absent")]),
        "{refused:?}"
    );
}

/// distribution: registry/storage/manifestlisthandler.go, `platformMustExist`
#[test]
fn an_empty_list_is_none() {
    assert_eq!(required(&[]), None);
}
