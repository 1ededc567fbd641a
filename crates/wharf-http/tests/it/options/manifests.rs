//! `validation` and `policy`: how refusals of the domain are answered.

use serde_json::{Value, json};
use wharf_registry::{
    Class, Classes, Options, RequiredPlatform, RequiredPlatforms, SparseManifests, UrlLists,
    UrlPolicy,
};
use wharf_spec::media_type::{
    DOCKER_FOREIGN_LAYER, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST,
    OCI_NONDISTRIBUTABLE_LAYER_GZIP,
};

use crate::fixtures::{CONFIG, descriptor, image, push, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Response;

async fn with(options: Options) -> Wharf {
    let mut setup = Setup::memory();
    setup.options = options;
    let wharf = setup.start().await;
    wharf.push_parts("a").await;
    wharf
}

fn is_refused(response: &Response, status: u16, code: &str, message: &str) {
    let json = response.json();
    assert_eq!(
        (response.status, &json["errors"][0]["code"]),
        (status, &json!(code)),
        "{json}"
    );
    assert_eq!(json["errors"].as_array().unwrap().len(), 1);
    assert_eq!(json["errors"][0]["message"], message);
}

/// An image whose only layer is to be had elsewhere.
fn foreign(media_type: &str, layer_type: &str, urls: &[&str]) -> Value {
    let mut layer = descriptor(layer_type, "elsewhere");
    layer["urls"] = json!(urls);
    json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(OCI_CONFIG, CONFIG),
        "layers": [layer],
    })
}

#[tokio::test]
async fn a_url_that_is_not_wanted_is_a_mistake_in_the_manifest() {
    let lists = UrlLists::new(&[r"^https://mirror\.test/"], &[r"\.exe$"]).unwrap();
    let options = Options {
        urls: UrlPolicy::Listed(lists),
        ..Options::default()
    };
    let wharf = with(options).await;
    let refusal = |field| format!("`{field}`: this registry does not take manifests with this URL");
    for (media_type, layer_type) in [
        (OCI_MANIFEST, OCI_NONDISTRIBUTABLE_LAYER_GZIP),
        (DOCKER_MANIFEST, DOCKER_FOREIGN_LAYER),
    ] {
        let push = |urls: &[&str]| push("a", "x", &foreign(media_type, layer_type, urls));
        for urls in [
            &["https://mirror.test/layer.tar"][..],
            &["https://mirror.test/a", "https://mirror.test/b"],
        ] {
            assert_eq!(wharf.ask(push(urls)).await.status, 201, "{urls:?}");
        }
        for (urls, field) in [
            (&["https://evil.test/layer"][..], "layers[0].urls[0]"),
            (
                &["https://mirror.test/a", "https://mirror.test/b.exe"],
                "layers[0].urls[1]",
            ),
            (&["ftp://mirror.test/layer"], "layers[0].urls[0]"),
        ] {
            let response = wharf.ask(push(urls)).await;
            is_refused(&response, 400, "MANIFEST_INVALID", &refusal(field));
        }
    }
    let without = push(
        "a",
        "x",
        &foreign(DOCKER_MANIFEST, DOCKER_FOREIGN_LAYER, &[]),
    );
    is_refused(
        &wharf.ask(without).await,
        400,
        "MANIFEST_INVALID",
        "`layers[0].urls`: a foreign layer must have a URL",
    );
}

#[tokio::test]
async fn a_class_that_is_not_wanted_is_denied() {
    let options = Options {
        classes: Classes::of(vec![Class::Image]),
        ..Options::default()
    };
    let wharf = with(options).await;
    assert_eq!(
        wharf.ask(push("a", "x", &image(OCI_MANIFEST))).await.status,
        201
    );
    let mut plugin = image(DOCKER_MANIFEST);
    plugin["config"]["mediaType"] = json!("application/vnd.docker.plugin.v1+json");
    is_refused(
        &wharf.ask(push("a", "x", &plugin)).await,
        403,
        "DENIED",
        "registry does not allow plugin manifest",
    );
    let mut chart = image(OCI_MANIFEST);
    chart["config"]["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json");
    is_refused(
        &wharf.ask(push("a", "x", &chart)).await,
        403,
        "DENIED",
        "unknown manifest class for application/vnd.cncf.helm.config.v1+json",
    );
}

#[tokio::test]
async fn an_index_must_be_complete_for_the_platforms_of_the_list() {
    let list = vec![RequiredPlatform {
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
    }];
    let options = Options {
        sparse: SparseManifests::IndexesBut(RequiredPlatforms::new(list).unwrap()),
        ..Options::default()
    };
    let wharf = with(options).await;
    let child = |content: &str, architecture: &str| {
        let mut child = descriptor(OCI_MANIFEST, content);
        child["platform"] = json!({ "architecture": architecture, "os": "linux" });
        child
    };
    let index = |children: Value| {
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children });
        push("a", "x", &index)
    };
    let others = json!([child("1", "arm64"), child("2", "s390x")]);
    assert_eq!(wharf.ask(index(others)).await.status, 201);
    let response = wharf
        .ask(index(json!([child("1", "arm64"), child("2", "amd64")])))
        .await;
    assert_eq!(
        (response.status, response.codes()),
        (400, vec!["MANIFEST_BLOB_UNKNOWN".to_owned()])
    );
    assert_eq!(
        response.json()["errors"][0]["detail"]["digest"],
        sha256("2").to_string()
    );
}
