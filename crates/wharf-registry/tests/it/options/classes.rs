//! `policy.repository.classes`

use serde_json::{Value, json};
use wharf_registry::{Class, Classes, Error, Options, Repository};
use wharf_spec::media_type;

use super::repository_with;
use crate::fixtures::{pull, push_blob};
use crate::images::{digest_of, image, index, try_push};

async fn only(classes: Vec<Class>) -> Repository {
    let options = Options {
        classes: Classes::of(classes),
        ..Options::default()
    };
    let repository = repository_with(options);
    push_blob(&repository, "config").await;
    repository
}

/// A manifest without layers, whose configuration has that type.
fn manifest(media_type: &str, config_type: &str) -> Value {
    let mut manifest = image(b"config", &[]);
    manifest["mediaType"] = json!(media_type);
    manifest["config"]["mediaType"] = json!(config_type);
    manifest
}

fn all() -> [Value; 5] {
    let plugin = media_type::DOCKER_PLUGIN_CONFIG;
    [
        manifest(media_type::OCI_MANIFEST, media_type::OCI_CONFIG),
        manifest(media_type::DOCKER_MANIFEST, media_type::DOCKER_CONFIG),
        manifest(media_type::DOCKER_MANIFEST, plugin),
        manifest(media_type::OCI_MANIFEST, media_type::EMPTY_JSON),
        manifest(media_type::DOCKER_MANIFEST, media_type::OCI_CONFIG),
    ]
}

/// What becomes of each kind.
async fn verdicts(classes: Vec<Class>) -> Vec<String> {
    let repository = only(classes).await;
    let mut verdicts = Vec::new();
    for manifest in all() {
        let pushed = try_push(&repository, &manifest, "t").await;
        let is_there = pull(&repository, &digest_of(&manifest).to_string()).await;
        assert_eq!(pushed.is_ok(), is_there.is_ok());
        verdicts.push(match pushed {
            Ok(_) => "taken".to_owned(),
            Err(error @ (Error::ClassUnknown(_) | Error::ClassDenied(_))) => error.to_string(),
            Err(other) => panic!("{other:?}"),
        });
    }
    verdicts
}

#[tokio::test]
async fn without_a_list_everything_is_taken() {
    assert_eq!(verdicts(Vec::new()).await, ["taken"; 5]);
}

/// distribution: registry/handlers/manifests.go, `applyResourcePolicy`
#[tokio::test]
async fn only_the_classes_of_the_list_are_taken() {
    let unknown = [
        format!("unknown manifest class for {}", media_type::EMPTY_JSON),
        format!("unknown manifest class for {}", media_type::OCI_CONFIG),
    ];
    let no_image = "registry does not allow image manifest";
    let no_plugin = "registry does not allow plugin manifest";
    for (classes, known) in [
        (vec![Class::Image], ["taken", "taken", no_plugin]),
        (vec![Class::Plugin], [no_image, no_image, "taken"]),
        (vec![Class::Plugin, Class::Image], ["taken"; 3]),
    ] {
        let expected = [&known.map(str::to_owned)[..], &unknown].concat();
        assert_eq!(verdicts(classes).await, expected);
    }
}

#[tokio::test]
async fn an_index_is_of_no_class_and_taken() {
    let repository = only(vec![Class::Plugin]).await;
    try_push(&repository, &index(&[]), "t").await.unwrap();
}

/// It is nobody's business to learn from the refusal what the repository holds.
#[tokio::test]
async fn the_class_is_looked_at_first() {
    let repository = only(vec![Class::Plugin]).await;
    let image = image(b"absent", &[b"absent too"]);
    let refused = try_push(&repository, &image, "t").await;
    assert!(
        matches!(refused, Err(Error::ClassDenied(Class::Image))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_short_however_long_the_type_is() {
    let repository = only(vec![Class::Image]).await;
    let long = manifest(media_type::OCI_MANIFEST, &"ü".repeat(100_000));
    let refused = try_push(&repository, &long, "t").await.unwrap_err();
    assert!(refused.to_string().len() < 1000, "{refused}");
}

#[test]
fn classes_are_read_by_name() {
    for class in [Class::Image, Class::Plugin] {
        assert_eq!(class.to_string().parse(), Ok(class));
    }
    let error = "Image".parse::<Class>().unwrap_err();
    assert!(error.to_string().contains("\"Image\""), "{error}");
}
