//! Artifacts that are no images.

use super::content::{Content, DOCUMENT, EMPTY, index};

#[test]
fn an_artifact() {
    let mut content = Content::new("artifact");
    let artifact = content.artifact(DOCUMENT);
    content.add(artifact, &["artifact"]);
    content.lives();
}

/// The image specification's form of it: a layer that says nothing.
#[test]
fn an_artifact_without_layers() {
    let mut content = Content::new("no-content");
    let mut artifact = content.artifact(DOCUMENT);
    artifact["layers"] = vec![content.blob(EMPTY, "{}")].into();
    content.add(artifact, &["no-content"]);
    content.lives();
}

/// Older artifacts are told by the type of their config.
#[test]
fn an_artifact_that_is_told_by_its_config() {
    let mut content = Content::new("by-config");
    let config = content.blob("application/vnd.example.config.v1+json", "{\"old\": 1}");
    let layer = content.layer(DOCUMENT);
    let mut image = content.image(&[layer]);
    image["config"] = config;
    content.add(image, &["by-config"]);
    content.lives();
}

#[test]
fn an_index_of_artifacts() {
    let mut content = Content::new("artifact-index");
    let children = [(); 2].map(|()| {
        let artifact = content.artifact(DOCUMENT);
        content.add(artifact, &[])
    });
    let mut index = index(&children);
    index["artifactType"] = DOCUMENT.into();
    content.add(index, &["artifact-index"]);
    content.lives();
}
