//! Lists, page by page, and referrers.

use wharf_spec::{Digest, media_type};

use crate::server::{Reply, Server};
use crate::settings::hasty;
use crate::transport::repository;

#[tokio::test]
async fn tags_come_page_by_page() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/v2/a/b/tags/list?n=2" => Reply::ok(r#"{"name":"a/b","tags":["1","2"]}"#)
            .header("link", "</v2/a/b/tags/list?n=2&last=2>; rel=\"next\""),
        "/v2/a/b/tags/list?n=2&last=2" => Reply::ok(r#"{"name":"a/b","tags":["3","not a tag"]}"#)
            .header("link", "<list?n=2&last=3>; rel=\"next\""),
        "/v2/a/b/tags/list?n=2&last=3" => Reply::ok(r#"{"name":"a/b","tags":null}"#),
        _ => Reply::new(404),
    })
    .await;
    let mut pages = server.client().tags(&repository(), Some(2));
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.push(
            page.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
    assert_eq!(all, ["1 2", "3", ""]);
    assert_eq!(pages.next().await.unwrap(), None);
    let all = server
        .client()
        .tags(&"none".parse().unwrap(), None)
        .all()
        .await;
    assert!(all.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_catalog_too() {
    let server = Server::start(|_| Reply::ok(r#"{"repositories":["a","b/c","D"]}"#)).await;
    let names = server.client().catalog(None).all().await.unwrap();
    let names: Vec<_> = names
        .iter()
        .map(wharf_spec::RepositoryName::as_str)
        .collect();
    assert_eq!(names, ["a", "b/c"]);
    assert_eq!(server.asked(), ["GET /v2/_catalog"]);
}

#[tokio::test]
async fn lists_without_an_end_are_noticed() {
    let server = Server::start(|seen| {
        Reply::ok(r#"{"tags":["1"]}"#).header("link", format!("<{}>; rel=next", seen.path))
    })
    .await;
    let error = server
        .client()
        .tags(&repository(), None)
        .all()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("its list has no end"), "{error}");
    for body in ["", "[]", "{\"tags\": {}}", "<html>"] {
        let server = Server::start(move |_| Reply::ok(body)).await;
        let error = server
            .client()
            .tags(&repository(), None)
            .all()
            .await
            .unwrap_err();
        assert!(error.to_string().contains("it is no list"), "{error}");
    }
}

#[tokio::test]
async fn no_other_server_sees_the_token_of_a_list() {
    let other = Server::start(|_| Reply::ok(r#"{"tags":["2"]}"#)).await;
    let next = format!("<{}>; rel=next", other.url("/x"));
    let server = Server::start(move |_| Reply::ok(r#"{"tags":["1"]}"#).header("link", &next)).await;
    let client = server.client_of(wharf_client::Credential::RegistryToken("secret".into()));
    assert_eq!(
        client.tags(&repository(), None).all().await.unwrap().len(),
        2
    );
    assert_eq!(other.asked(), ["GET /x"]);
}

fn subject() -> Digest {
    format!("sha256:{}", "1".repeat(64)).parse().unwrap()
}

fn index(types: &[&str]) -> String {
    let entry = |kind: &&str| {
        let digest = format!("sha256:{}", "2".repeat(64));
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":1,"artifactType":"{kind}"}}"#
        )
    };
    let entries: Vec<_> = types.iter().map(entry).collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}}"#,
        media_type::OCI_INDEX,
        entries.join(",")
    )
}

async fn types(server: &Server, wanted: Option<&str>) -> Vec<String> {
    let found = server
        .client()
        .referrers(&repository(), &subject(), wanted)
        .await
        .unwrap();
    found
        .into_iter()
        .map(|it| it.artifact_type.unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn referrers_come_from_the_registry() {
    let server = Server::start(|seen| match seen.path.contains("page=2") {
        false => Reply::ok(index(&["a", "b"]))
            .header("content-type", media_type::OCI_INDEX)
            .header(
                "link",
                format!(
                    "<{}?page=2>; rel=next",
                    seen.path.split('?').next().unwrap()
                ),
            ),
        true => Reply::ok(index(&["a"])),
    })
    .await;
    assert_eq!(types(&server, None).await, ["a", "b", "a"]);
    assert_eq!(types(&server, Some("a")).await, ["a", "a"]);
    let asked = server.asked();
    assert!(asked[2].ends_with("?artifactType=a"), "{asked:?}");
}

#[tokio::test]
async fn or_from_the_tag_that_stands_for_them() {
    let tag = format!("/v2/a/b/manifests/sha256-{}", "1".repeat(64));
    let known = tag.clone();
    let server = Server::start(move |seen| match seen.path == known {
        true => Reply::ok(index(&["a", "b"])).header("content-type", media_type::OCI_INDEX),
        false => Reply::new(404),
    })
    .await;
    assert_eq!(types(&server, Some("b")).await, ["b"]);
    assert_eq!(server.asked()[1], format!("GET {tag}"));
    let nothing = Server::start(|_| Reply::new(404)).await;
    assert_eq!(types(&nothing, None).await, [""; 0]);
    let broken = Server::start(|_| Reply::ok("[]")).await;
    let error = broken
        .client()
        .referrers(&repository(), &subject(), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("it is no index"), "{error}");
}

fn referrer(digit: &str) -> wharf_spec::Descriptor {
    wharf_spec::Descriptor {
        media_type: media_type::OCI_MANIFEST.to_owned(),
        digest: format!("sha256:{}", digit.repeat(64)).parse().unwrap(),
        size: 3,
        urls: Vec::new(),
        annotations: Default::default(),
        platform: None,
        artifact_type: Some("new".to_owned()),
    }
}

#[tokio::test]
async fn a_referrer_is_added_to_the_list_under_the_tag() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "PUT" => Reply::new(201),
        _ => Reply::ok(index(&["a"])).header("content-type", media_type::OCI_INDEX),
    })
    .await;
    let client = server.client();
    client
        .tag_referrer(&repository(), &subject(), referrer("3"))
        .await
        .unwrap();
    let seen = server.seen();
    assert!(
        seen[1]
            .path
            .ends_with(&format!("/manifests/sha256-{}", "1".repeat(64)))
    );
    let written: serde_json::Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!(written["manifests"][0]["artifactType"], "a");
    assert_eq!(
        written["manifests"][1]["digest"],
        referrer("3").digest.to_string()
    );
    assert_eq!(written["mediaType"], media_type::OCI_INDEX);
    // What is there already is not written again.
    server.asked();
    client
        .tag_referrer(&repository(), &subject(), referrer("2"))
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_list_is_not_replaced_by_one() {
    let image = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","layers":[],
            "config":{{"mediaType":"a/b","size":2,"digest":"sha256:{}"}}}}"#,
        media_type::OCI_MANIFEST,
        "4".repeat(64)
    );
    for (body, kind) in [
        ("{}".to_owned(), media_type::OCI_INDEX),
        ("<html>".to_owned(), "text/html"),
        (image, media_type::OCI_MANIFEST),
    ] {
        let server = Server::start(move |seen| match seen.method.as_str() {
            "PUT" => Reply::new(201),
            _ => Reply::ok(body.clone()).header("content-type", kind),
        })
        .await;
        let client = server.client();
        let (repository, subject) = (repository(), subject());
        let tagged = client.tag_referrer(&repository, &subject, referrer("3"));
        let error = tagged.await.unwrap_err().to_string();
        assert!(error.contains("it is no index"), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn the_list_that_is_written_is_the_one_of_the_registry() {
    let home = Server::start(|seen| match seen.method.as_str() {
        "PUT" => Reply::new(201),
        _ => Reply::ok(index(&["new"])).header("content-type", media_type::OCI_INDEX),
    })
    .await;
    let mirror =
        Server::start(|_| Reply::ok(index(&["old"])).header("content-type", media_type::OCI_INDEX))
            .await;
    let settings = wharf_client::ClientSettings {
        mirrors: vec![wharf_client::Mirror {
            registry: mirror.host(),
            path: String::new(),
            protocol: wharf_client::Protocol::Automatic,
            credential: None,
        }],
        ..hasty()
    };
    let client = wharf_client::RegistryClient::new(home.host(), &settings, None).unwrap();
    let (repository, subject) = (repository(), subject());
    let tagged = client.tag_referrer(&repository, &subject, referrer("3"));
    tagged.await.unwrap();
    let written: serde_json::Value = serde_json::from_slice(&home.seen()[1].body).unwrap();
    assert_eq!(written["manifests"][0]["artifactType"], "new");
    assert_eq!(mirror.asked(), [""; 0]);
}
