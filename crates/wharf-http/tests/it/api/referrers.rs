//! `/v2/<name>/referrers/<digest>`

use insta::assert_snapshot;
use serde_json::json;
use wharf_spec::media_type::{OCI_INDEX, OCI_MANIFEST};

use crate::fixtures::{descriptor, image, sha256};
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn referrers_are_listed_and_filtered() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let subject = wharf
        .push_manifest("a", "latest", &image(OCI_MANIFEST))
        .await;
    let path = format!("/v2/a/referrers/{subject}");
    assert_snapshot!(wharf.ask(Request::get(&path)).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/vnd.oci.image.index.v1+json
    docker-distribution-api-version: registry/2.0
    content-length: 88

    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}
    "#);

    let mut signature = image(OCI_MANIFEST);
    signature["subject"] = descriptor(OCI_MANIFEST, image(OCI_MANIFEST).to_string());
    signature["artifactType"] = json!("application/vnd.test.signature+json");
    signature["annotations"] = json!({ "by": "me" });
    let signature = wharf.push_manifest("a", "signature", &signature).await;
    let of_index = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [],
        "subject": descriptor(OCI_MANIFEST, image(OCI_MANIFEST).to_string()),
    });
    wharf
        .push_manifest("a", &sha256(of_index.to_string()).to_string(), &of_index)
        .await;

    let all = wharf.ask(Request::get(&path)).await;
    assert_eq!(
        all.json()["manifests"].as_array().unwrap().len(),
        2,
        "{}",
        all.show()
    );
    assert_eq!(all.header("OCI-Filters-Applied"), None);

    // A plus in a query is a space, so it has to be escaped.
    let filtered = format!("{path}?artifactType=application%2Fvnd.test.signature%2Bjson");
    assert_snapshot!(wharf.ask(Request::get(&filtered)).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/vnd.oci.image.index.v1+json
    oci-filters-applied: artifactType
    docker-distribution-api-version: registry/2.0
    content-length: 319

    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:dd2aab..","size":634,"annotations":{"by":"me"},"artifactType":"application/vnd.test.signature+json"}]}
    "#);
    assert_snapshot!(wharf.ask(Request::get(&format!("{path}?artifactType=none"))).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/vnd.oci.image.index.v1+json
    oci-filters-applied: artifactType
    docker-distribution-api-version: registry/2.0
    content-length: 88

    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}
    "#);

    wharf
        .ask(Request::delete(&format!("/v2/a/manifests/{signature}")))
        .await;
    assert_eq!(
        wharf.ask(Request::get(&path)).await.json()["manifests"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// OCI distribution-spec, "Listing Referrers": never a 404.
#[tokio::test]
async fn nothing_has_no_referrers() {
    let wharf = Wharf::start().await;
    let response = wharf
        .ask(Request::get(&format!(
            "/v2/nowhere/referrers/{}",
            sha256("")
        )))
        .await;
    assert_eq!(
        (
            response.status,
            response.json()["manifests"].as_array().map(Vec::len)
        ),
        (200, Some(0))
    );
}

/// RFC 9110, section 9.1: servers must support GET and HEAD.
#[tokio::test]
async fn a_list_of_referrers_has_a_head() {
    let wharf = Wharf::start().await;
    let response = wharf
        .ask(Request::head(&format!("/v2/a/referrers/{}", sha256(""))))
        .await;
    assert_eq!(response.status, 200);
}
