//! Manifests about other manifests.

use serde_json::{Value, json};
use wharf_e2e::publish::OCI_IMAGE;

use super::content::{Content, DOCUMENT, index};

const SIGNATURE: &str = "application/vnd.example.signature.v1+json";

/// An artifact about a subject, with annotations of its own.
fn about(content: &mut Content, artifact_type: &str, subject: &Value) -> Value {
    let mut artifact = content.artifact(artifact_type);
    artifact["subject"] = subject.clone();
    let name = artifact["layers"][0]["digest"].clone();
    artifact["annotations"] = json!({"com.example.about": name, "com.example.two": ""});
    artifact
}

#[test]
fn several_referrers_of_one_image() {
    let mut content = Content::new("referrers");
    let image = content.add_image(&["image"]);
    let mut second = content.plain_image();
    second["subject"] = image.clone();
    content.add(second, &[]);
    for (artifact_type, tags) in [
        (DOCUMENT, ["document"].as_slice()),
        (SIGNATURE, &["signature"]),
        (SIGNATURE, &[]),
    ] {
        let artifact = about(&mut content, artifact_type, &image);
        content.add(artifact, tags);
    }
    content.lives();
}

#[test]
fn referrers_of_referrers() {
    let mut content = Content::new("chain");
    let mut last = content.add_image(&["image"]);
    for _ in 0..3 {
        let artifact = about(&mut content, SIGNATURE, &last);
        last = content.add(artifact, &[]);
    }
    content.lives();
}

/// An index without `artifactType` is listed without one: it has no config to take it from.
#[test]
fn indexes_with_a_subject() {
    let mut content = Content::new("index-subject");
    let children = [content.add_image(&[])];
    let subject = content.add(index(&children), &["index"]);
    let artifact = content.artifact(DOCUMENT);
    let children = [content.add(artifact, &[])];
    let mut typed = index(&children);
    typed["artifactType"] = DOCUMENT.into();
    typed["annotations"] = json!({"com.example.kind": "typed"});
    typed["subject"] = subject.clone();
    content.add(typed, &["typed"]);
    let mut untyped = index(&children);
    untyped["subject"] = subject;
    content.add(untyped, &["untyped"]);
    content.lives();
}

#[test]
fn a_subject_that_is_missing() {
    let mut content = Content::new("missing-subject");
    let subject = content.nowhere(OCI_IMAGE);
    let artifact = about(&mut content, SIGNATURE, &subject);
    content.add(artifact, &["artifact"]);
    content.lives();
}

#[test]
fn a_subject_that_comes_after_its_referrers() {
    let mut content = Content::new("late-subject");
    let image = content.add_image(&["image"]);
    let artifact = about(&mut content, SIGNATURE, &image);
    content.add(artifact, &["artifact"]);
    content.manifests.reverse();
    content.lives();
}

/// "Empty or missing": both mean that the config tells the type.
#[test]
fn an_artifact_type_that_is_empty() {
    let mut content = Content::new("empty-type");
    let image = content.add_image(&["image"]);
    let mut second = content.plain_image();
    second["artifactType"] = "".into();
    second["subject"] = image.clone();
    content.add(second, &[]);
    let mut third = index(&[]);
    third["artifactType"] = "".into();
    third["subject"] = image;
    content.add(third, &[]);
    content.lives();
}
