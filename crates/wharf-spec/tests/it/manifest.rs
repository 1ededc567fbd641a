//! Manifests.

use serde_json::{Value, json};
use wharf_spec::{Digest, Manifest, ManifestError, ManifestType, media_type};

const OCI: &str = media_type::OCI_MANIFEST;
const INDEX: &str = media_type::OCI_INDEX;
const DOCKER: &str = media_type::DOCKER_MANIFEST;
const LIST: &str = media_type::DOCKER_MANIFEST_LIST;

pub(crate) fn descriptor(media_type: &str, digit: char) -> Value {
    json!({"mediaType": media_type, "digest": sha256(digit), "size": 1})
}

/// An image manifest without a media type, and with `fields` added or replaced.
pub(crate) fn image(fields: Value) -> Value {
    let mut image = json!({
        "schemaVersion": 2,
        "config": descriptor(media_type::OCI_CONFIG, '1'),
        "layers": [descriptor(media_type::OCI_LAYER, '2'), descriptor(media_type::OCI_LAYER, '3')],
    });
    merge(&mut image, fields);
    image
}

/// An index without a media type, and with `fields` added or replaced.
pub(crate) fn index(fields: Value) -> Value {
    let mut index = json!({"schemaVersion": 2, "manifests": [descriptor(OCI, '4')]});
    merge(&mut index, fields);
    index
}

fn merge(into: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else {
        panic!("no object")
    };
    into.as_object_mut().unwrap().extend(fields);
}

fn sha256(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

fn parse(body: &Value, content_type: Option<&str>) -> Result<Manifest, ManifestError> {
    Manifest::parse(body.to_string().into(), content_type)
}

#[test]
fn the_type_is_found_as_distribution_finds_it() {
    use ManifestType::{DockerManifest, DockerManifestList, OciIndex, OciManifest};
    let with_params = format!(" {} ; charset=utf-8", OCI.to_uppercase());
    for (body, content_type, expect) in [
        (image(json!({})), None, OciManifest),
        (image(json!({"mediaType": ""})), Some(""), OciManifest),
        (
            image(json!({"mediaType": null, "manifests": null})),
            Some(" ; "),
            OciManifest,
        ),
        (image(json!({"mediaType": OCI})), None, OciManifest),
        (image(json!({})), Some(OCI), OciManifest),
        (
            image(json!({"mediaType": OCI})),
            Some(&*with_params),
            OciManifest,
        ),
        (image(json!({"layers": []})), None, OciManifest),
        (
            image(json!({"layers": null, "subject": null, "annotations": null})),
            None,
            OciManifest,
        ),
        (image(json!({"mediaType": DOCKER})), None, DockerManifest),
        (
            image(json!({"mediaType": DOCKER})),
            Some(DOCKER),
            DockerManifest,
        ),
        (index(json!({})), None, OciIndex),
        (index(json!({"manifests": []})), None, OciIndex),
        (index(json!({"mediaType": INDEX})), None, OciIndex),
        (
            index(json!({"config": null, "layers": null})),
            Some(INDEX),
            OciIndex,
        ),
        (
            index(json!({"mediaType": INDEX, "manifests": null})),
            None,
            OciIndex,
        ),
        (
            index(json!({"mediaType": LIST})),
            Some(LIST),
            DockerManifestList,
        ),
        (index(json!({"mediaType": LIST})), None, DockerManifestList),
    ] {
        let manifest = parse(&body, content_type).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(manifest.media_type(), expect, "{body}");
        assert_eq!(*manifest.bytes(), body.to_string());
    }
}

#[test]
fn errors_say_what_to_mend() {
    let cases = [
        (image(json!({"schemaVersion": 1})), None),
        (image(json!({})), Some(media_type::DOCKER_SCHEMA1_SIGNED)),
        (image(json!({"schemaVersion": null})), None),
        (image(json!({"schemaVersion": 3})), None),
        (image(json!({"schemaVersion": "2"})), None),
        (image(json!({})), Some("application/json")),
        (image(json!({"mediaType": "application/json"})), None),
        (image(json!({"mediaType": OCI.to_uppercase()})), None),
        (image(json!({"mediaType": DOCKER})), Some(OCI)),
        (image(json!({})), Some(DOCKER)),
        (index(json!({"mediaType": null})), Some(LIST)),
        (image(json!({"manifests": []})), None),
        (
            index(json!({"mediaType": INDEX, "layers": []})),
            Some(INDEX),
        ),
        (image(json!({})), Some(INDEX)),
        (index(json!({})), Some(OCI)),
        (image(json!({"config": null})), Some(OCI)),
        (json!({"schemaVersion": 2}), None),
        (json!({"schemaVersion": 2}), Some(INDEX)),
        (image(json!({"Manifests": []})), None),
        (index(json!({"layerſ": []})), None),
        (
            image(json!({"config": {"mediaType": "x", "size": 1}})),
            None,
        ),
        (
            image(json!({"layers": [descriptor("x", '1'), {"digest": "sha256:abc"}]})),
            None,
        ),
        (index(json!({"manifests": [{"digest": "md5:abc"}]})), None),
        (image(json!({"subject": {"digest": "sha256:A"}})), None),
        (image(json!({"layers": {}})), None),
        (image(json!({"config": ["x", sha256('1'), 1]})), None),
        (json!([2, OCI]), None),
        (json!("x"), None),
    ];
    let errors: Vec<_> = cases
        .iter()
        .map(|(body, content_type)| parse(body, *content_type).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r##"
    manifests of schema version 1 are not supported: push the image as schema 2 or OCI
    manifests of schema version 1 are not supported: push the image as schema 2 or OCI
    `schemaVersion` must be 2, not missing
    `schemaVersion` must be 2, not 3
    the manifest cannot be read as JSON: invalid type: string "2", expected i64 at line 1 column 483
    "application/json" is not a media type of manifests that this registry takes
    "application/json" is not a media type of manifests that this registry takes
    "APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON" is not a media type of manifests that this registry takes
    `mediaType` is "application/vnd.docker.distribution.manifest.v2+json", but the Content-Type says application/vnd.oci.image.manifest.v1+json: they must be equal
    `mediaType` is missing: set it to application/vnd.docker.distribution.manifest.v2+json
    `mediaType` is missing: set it to application/vnd.docker.distribution.manifest.list.v2+json
    `manifests` and `config` or `layers` cannot stand in the same manifest: remove one
    `manifests` and `config` or `layers` cannot stand in the same manifest: remove one
    application/vnd.oci.image.index.v1+json cannot have the field `config`: set the media type to what it is
    application/vnd.oci.image.manifest.v1+json cannot have the field `manifests`: set the media type to what it is
    application/vnd.oci.image.manifest.v1+json must have the field `config`
    application/vnd.oci.image.manifest.v1+json must have the field `config`
    application/vnd.oci.image.index.v1+json must have the field `manifests`
    the field "Manifests" must be written `manifests`
    the field "layerſ" must be written `layers`
    `config.digest`: a digest has the form `sha256:` followed by 64 lower-case hexadecimal digits
    `layers[1].digest`: a sha256 digest has 64 hexadecimal digits, not 3
    `manifests[0].digest`: the digest algorithm "md5" is not supported: use sha256 or sha512
    `subject.digest`: a sha256 digest has 64 hexadecimal digits, not 1
    the manifest cannot be read as JSON: invalid type: map, expected a sequence at line 1 column 168
    the manifest cannot be read as JSON: invalid type: sequence, expected an object at line 1 column 10
    the manifest cannot be read as JSON: invalid type: sequence, expected an object at line 1 column 0
    the manifest cannot be read as JSON: invalid type: string "x", expected an object at line 1 column 3
    "##);
    for body in [
        "",
        "{",
        "{}x",
        "\u{feff}{}",
        r#"{"schemaVersion":2,"schemaVersion":2}"#,
    ] {
        let error = Manifest::parse(body.into(), None).unwrap_err();
        assert!(matches!(error, ManifestError::Json(_)), "{body}");
    }
    assert!(matches!(
        parse(&json!({}), None),
        Err(ManifestError::SchemaVersion(None))
    ));
}

#[test]
fn parts_are_where_they_belong() {
    let manifest = parse(&image(json!({"subject": descriptor(OCI, '5')})), None).unwrap();
    let digits = |digest: &Digest| digest.hex().chars().next().unwrap();
    assert_eq!(
        manifest.config().map(|config| digits(&config.digest)),
        Some('1')
    );
    assert_eq!(
        manifest
            .layers()
            .iter()
            .map(|it| digits(&it.digest))
            .collect::<String>(),
        "23"
    );
    assert_eq!(
        manifest
            .references()
            .map(|it| digits(&it.digest))
            .collect::<String>(),
        "123"
    );
    assert_eq!(manifest.subject().map(|it| digits(&it.digest)), Some('5'));
    assert!(manifest.children().is_empty());

    let manifest = parse(&index(json!({})), None).unwrap();
    assert_eq!(
        manifest
            .children()
            .iter()
            .map(|it| digits(&it.digest))
            .collect::<String>(),
        "4"
    );
    assert_eq!(
        manifest
            .references()
            .map(|it| digits(&it.digest))
            .collect::<String>(),
        "4"
    );
    assert!(manifest.config().is_none() && manifest.layers().is_empty());
}

#[test]
fn referrers_show_the_effective_artifact_type_and_annotations() {
    let listed = |body: &Value| {
        let manifest = parse(body, None).unwrap();
        let digest = sha256('6').parse().unwrap();
        serde_json::to_value(manifest.descriptor(digest)).unwrap()
    };
    let entry = |media_type: &str, body: &Value, more: Value| {
        let size = body.to_string().len();
        let mut entry = json!({"mediaType": media_type, "digest": sha256('6'), "size": size});
        merge(&mut entry, more);
        entry
    };
    let body = image(json!({"artifactType": "a/b", "annotations": {"x": "y"}}));
    let expect = json!({"artifactType": "a/b", "annotations": {"x": "y"}});
    assert_eq!(listed(&body), entry(OCI, &body, expect));

    let body = image(json!({"artifactType": ""}));
    assert_eq!(
        listed(&body),
        entry(OCI, &body, json!({"artifactType": media_type::OCI_CONFIG}))
    );

    let body = image(json!({"config": {"digest": sha256('1')}}));
    assert_eq!(listed(&body), entry(OCI, &body, json!({})));

    let body = index(json!({"artifactType": "a/b"}));
    assert_eq!(
        listed(&body),
        entry(INDEX, &body, json!({"artifactType": "a/b"}))
    );

    let body = index(json!({}));
    assert_eq!(listed(&body), entry(INDEX, &body, json!({})));
}

#[test]
fn what_an_older_registry_stored_can_still_be_served() {
    let body = index(json!({"manifests": [{"digest": "blake3:abc"}]})).to_string();
    assert_eq!(
        Manifest::detect(body.as_bytes()).unwrap(),
        ManifestType::OciIndex
    );
    let body = image(json!({"schemaVersion": 1})).to_string();
    assert!(matches!(
        Manifest::detect(body.as_bytes()),
        Err(ManifestError::Schema1)
    ));
    assert!(matches!(
        Manifest::detect(b"[2]"),
        Err(ManifestError::Json(_))
    ));
}
