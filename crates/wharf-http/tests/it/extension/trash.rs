//! `/v2/_wharfinger/trash` and `/v2/<name>/_wharfinger/trash`

use wharf_registry::Deletion;
use wharf_store::MemoryStore;

use super::{delete, keeping, push_image, told};
use crate::harness::Wharf;
use crate::wire::Request;

async fn id_of_the_only_one(wharf: &Wharf, name: &str) -> String {
    let path = format!("/v2/{name}/_wharfinger/trash");
    let listed = told(wharf, Request::get(&path), 200).await;
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1, "{listed}");
    listed["entries"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_deleted_tag_is_listed_and_comes_back() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    let digest = push_image(&wharf, "a/b", "x").await;
    push_image(&wharf, "c", "y").await;
    delete(&wharf, "/v2/a/b/manifests/x").await;
    delete(&wharf, "/v2/c/manifests/y").await;

    let all = told(&wharf, Request::get("/v2/_wharfinger/trash"), 200).await;
    let entries = all["entries"].as_array().unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|it| it["repository"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["c", "a/b"], "the latest first");
    assert_eq!(all["damaged"], serde_json::json!([]));
    let of_one = told(&wharf, Request::get("/v2/a/b/_wharfinger/trash"), 200).await;
    let entry = &of_one["entries"][0];
    assert_eq!(entry, &entries[1]);
    assert_eq!(
        (&entry["what"], &entry["some_tags"][0]),
        (&"tag".into(), &"x".into())
    );
    assert_eq!(entry["some_manifests"][0], digest.as_str());

    let id = id_of_the_only_one(&wharf, "a/b").await;
    let path = format!("/v2/a/b/_wharfinger/trash/{id}");
    let restored = told(&wharf, Request::post(&path), 201).await;
    assert_eq!(
        (&restored["tags"], &restored["some_tags"][0]),
        (&1.into(), &"x".into())
    );
    let pulled = wharf.ask(Request::get("/v2/a/b/manifests/x")).await;
    assert_eq!(
        pulled.header("Docker-Content-Digest"),
        Some(digest.as_str())
    );
    assert_eq!(
        wharf.ask(Request::post(&path)).await.codes(),
        ["MANIFEST_UNKNOWN"]
    );
}

#[tokio::test]
async fn what_is_given_up_is_gone() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    push_image(&wharf, "a", "x").await;
    delete(&wharf, "/v2/a/manifests/x").await;
    let id = id_of_the_only_one(&wharf, "a").await;
    let path = format!("/v2/a/_wharfinger/trash/{id}");
    delete(&wharf, &path).await;
    for request in [Request::delete(&path), Request::post(&path)] {
        assert_eq!(wharf.ask(request).await.status, 404);
    }
    let listed = told(&wharf, Request::get("/v2/a/_wharfinger/trash"), 200).await;
    assert_eq!(listed["entries"], serde_json::json!([]));
}

/// Who may restore in one repository has no say in another.
#[tokio::test]
async fn attack_an_entry_is_found_in_its_own_repository_only() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    push_image(&wharf, "a", "x").await;
    push_image(&wharf, "a/b", "x").await;
    delete(&wharf, "/v2/a/manifests/x").await;
    let id = id_of_the_only_one(&wharf, "a").await;
    let upper = id.to_uppercase();
    let zeros = "00000000-0000-7000-8000-000000000000";
    for (name, id) in [
        ("b", id.as_str()),
        ("a/b", &id),
        ("a", &upper),
        ("a", zeros),
        ("a", ".."),
        ("a", "%2e%2e"),
        ("a", "x"),
    ] {
        let path = format!("/v2/{name}/_wharfinger/trash/{id}");
        for request in [Request::post(&path), Request::delete(&path)] {
            let status = wharf.ask(request).await.status;
            assert!(matches!(status, 301 | 404), "{path}: {status}");
        }
    }
    assert_eq!(id_of_the_only_one(&wharf, "a").await, id);
}

#[tokio::test]
async fn it_is_listed_page_by_page() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    for name in ["a", "b", "a", "b", "a"] {
        push_image(&wharf, name, "x").await;
        delete(&wharf, &format!("/v2/{name}/manifests/x")).await;
    }
    for (path, expected) in [
        ("/v2/_wharfinger/trash?n=2", "ab ab a"),
        ("/v2/a/_wharfinger/trash?n=2", "aa a"),
        ("/v2/b/_wharfinger/trash?n=0", "b b "),
        ("/v2/c/_wharfinger/trash", ""),
    ] {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = wharf.ask(Request::get(&path)).await;
            let link = page
                .header("Link")
                .map(|link| link.split(['<', '>']).nth(1).unwrap());
            next = link.map(str::to_owned);
            let entries = super::json(&page)["entries"].as_array().unwrap().clone();
            let names = entries
                .iter()
                .map(|it| it["repository"].as_str().unwrap().to_owned());
            pages.push(names.collect::<String>());
        }
        assert_eq!(pages.join(" "), expected, "{path}");
    }
    for query in ["n=-1", "n=x", "last=x"] {
        let page = wharf
            .ask(Request::get(&format!("/v2/_wharfinger/trash?{query}")))
            .await;
        assert_eq!(page.codes(), ["PAGINATION_NUMBER_INVALID"], "{query}");
    }
}

#[tokio::test]
async fn where_nothing_may_be_deleted_nothing_is_given_up() {
    let store = MemoryStore::default();
    let wharf = keeping(&store).start().await;
    push_image(&wharf, "a", "x").await;
    delete(&wharf, "/v2/a/manifests/x").await;
    let id = id_of_the_only_one(&wharf, "a").await;
    let mut setup = keeping(&store);
    setup.options.deletion = Deletion::Disabled;
    let wharf = setup.start().await;
    let path = format!("/v2/a/_wharfinger/trash/{id}");
    let refused = wharf.ask(Request::delete(&path)).await;
    assert_eq!(
        (refused.status, refused.header("Allow")),
        (405, Some("POST"))
    );
    assert_eq!(refused.codes(), ["UNSUPPORTED"]);
    assert_eq!(wharf.ask(Request::post(&path)).await.status, 201);
}
