//! Which manifest a client gets for what it says it takes.

use wharf_spec::media_type::{
    DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, OCI_INDEX,
    OCI_MANIFEST,
};

use crate::fixtures::{image, index};
use crate::harness::Wharf;
use crate::wire::{Request, Response};

/// A repository with one manifest of each kind, tagged by its media type's last word.
async fn stocked() -> Wharf {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let (oci, docker) = (image(OCI_MANIFEST), image(DOCKER_MANIFEST));
    wharf.push_manifest("a", "oci", &oci).await;
    wharf.push_manifest("a", "docker", &docker).await;
    wharf
        .push_manifest(
            "a",
            "index",
            &index(OCI_INDEX, OCI_MANIFEST, &oci.to_string()),
        )
        .await;
    wharf
        .push_manifest(
            "a",
            "list",
            &index(DOCKER_MANIFEST_LIST, DOCKER_MANIFEST, &docker.to_string()),
        )
        .await;
    wharf
}

async fn get(wharf: &Wharf, reference: &str, accept: &[&str]) -> Response {
    let request = Request::get(&format!("/v2/a/manifests/{reference}"));
    wharf
        .ask(
            accept
                .iter()
                .fold(request, |request, accept| request.header("Accept", accept)),
        )
        .await
}

/// Who asks for it like this gets what is stored.
async fn gives(wharf: &Wharf, reference: &str, accept: &[&str], media_type: &str) {
    let response = get(wharf, reference, accept).await;
    assert_eq!(
        response.status,
        200,
        "{reference} {accept:?}: {}",
        response.show()
    );
    assert_eq!(
        response.header("Content-Type"),
        Some(media_type),
        "{reference} {accept:?}"
    );
    assert_eq!(response.json()["mediaType"], media_type);
}

#[tokio::test]
async fn an_oci_manifest_is_for_everybody_but_those_who_only_take_other_types() {
    let wharf = stocked().await;
    for accept in [
        &[][..],
        &["*/*"],
        &["application/*"],
        &["application/json"],
        &[""],
        &[OCI_MANIFEST],
        &["text/html, application/vnd.oci.image.manifest.v1+json;q=0.1"],
        &[DOCKER_MANIFEST, OCI_MANIFEST],
        &[DOCKER_MANIFEST, "*/*;q=0.1"],
        &["APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON; charset=utf-8"],
    ] {
        gives(&wharf, "oci", accept, OCI_MANIFEST).await;
    }
    for accept in [
        &[DOCKER_MANIFEST][..],
        &[
            DOCKER_MANIFEST,
            DOCKER_MANIFEST_LIST,
            DOCKER_SCHEMA1,
            DOCKER_SCHEMA1_SIGNED,
        ],
        &[OCI_INDEX],
    ] {
        let response = get(&wharf, "oci", accept).await;
        assert_eq!(
            (response.status, response.codes()),
            (404, vec!["MANIFEST_UNKNOWN".to_owned()]),
            "{accept:?}"
        );
    }
}

#[tokio::test]
async fn an_index_and_a_schema_2_manifest_are_for_everybody() {
    let wharf = stocked().await;
    for accept in [
        &[][..],
        &["*/*"],
        &[DOCKER_MANIFEST],
        &[DOCKER_SCHEMA1],
        &[OCI_MANIFEST],
        &["application/json"],
    ] {
        gives(&wharf, "index", accept, OCI_INDEX).await;
        gives(&wharf, "docker", accept, DOCKER_MANIFEST).await;
    }
}

#[tokio::test]
async fn a_list_is_for_those_who_take_it_or_name_no_type() {
    let wharf = stocked().await;
    for accept in [
        &[][..],
        &["*/*"],
        &["application/json"],
        &[DOCKER_MANIFEST_LIST],
        &[DOCKER_MANIFEST, DOCKER_MANIFEST_LIST],
    ] {
        gives(&wharf, "list", accept, DOCKER_MANIFEST_LIST).await;
    }
}

/// distribution: `registry/handlers/manifests.go`, for a `docker` of before 2016.
#[tokio::test]
async fn by_tag_a_client_without_lists_gets_the_child_for_linux_on_amd64() {
    let wharf = stocked().await;
    let child = get(&wharf, "docker", &[]).await;
    let head = Request::head("/v2/a/manifests/list").header("Accept", DOCKER_MANIFEST);
    for response in [
        get(&wharf, "list", &[DOCKER_MANIFEST]).await,
        wharf.ask(head).await,
    ] {
        assert_eq!(response.status, 200);
        for name in [
            "Content-Type",
            "Content-Length",
            "Docker-Content-Digest",
            "ETag",
        ] {
            assert_eq!(response.header(name), child.header(name));
        }
    }
    assert_eq!(
        get(&wharf, "list", &[DOCKER_MANIFEST]).await.body,
        child.body
    );
    let request = Request::get("/v2/a/manifests/list").header("Accept", DOCKER_MANIFEST);
    let known = request.header("If-None-Match", child.header("ETag").unwrap());
    assert_eq!(wharf.ask(known).await.status, 304);
}

#[tokio::test]
async fn by_digest_everybody_gets_the_list() {
    let wharf = stocked().await;
    let list = get(&wharf, "list", &[]).await;
    let digest = list.header("Docker-Content-Digest").unwrap();
    gives(&wharf, digest, &[DOCKER_MANIFEST], DOCKER_MANIFEST_LIST).await;
}

#[tokio::test]
async fn a_client_that_takes_neither_list_nor_schema_2_is_told_so() {
    let wharf = stocked().await;
    let response = get(&wharf, "list", &[DOCKER_SCHEMA1]).await;
    assert_eq!(
        (response.status, response.codes()),
        (400, vec!["MANIFEST_INVALID".to_owned()])
    );
}

#[tokio::test]
async fn a_list_without_linux_on_amd64_has_no_child_for_old_clients() {
    let wharf = stocked().await;
    let mut list = index(
        DOCKER_MANIFEST_LIST,
        DOCKER_MANIFEST,
        &image(DOCKER_MANIFEST).to_string(),
    );
    list["manifests"][0]["platform"]["architecture"] = "arm64".into();
    wharf.push_manifest("a", "arm", &list).await;
    let response = get(&wharf, "arm", &[DOCKER_MANIFEST]).await;
    assert_eq!(
        (response.status, response.codes()),
        (404, vec!["MANIFEST_UNKNOWN".to_owned()])
    );
}

/// RFC 9110, section 12.5.5: a cache must not give one client's answer to another.
#[tokio::test]
async fn caches_are_told_that_the_answer_depends_on_accept() {
    let wharf = stocked().await;
    for response in [
        get(&wharf, "list", &[]).await,
        get(&wharf, "list", &[DOCKER_MANIFEST]).await,
    ] {
        assert_eq!(response.header("Vary"), Some("Accept"), "{}", response.head);
    }
}
