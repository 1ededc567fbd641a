//! `/v2/<name>/_wharfinger/repository`

use std::time::Duration;

use wharf_registry::Deletion;
use wharf_store::MemoryStore;

use super::{keeping, push_image, told};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

const PATH: &str = "/v2/a/_wharfinger/repository";

async fn catalog(wharf: &Wharf) -> String {
    let listed = told(wharf, Request::get("/v2/_catalog"), 200).await;
    let names = listed["repositories"].as_array().unwrap();
    let names: Vec<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
    names.join(" ")
}

#[tokio::test]
async fn a_deleted_repository_leaves_the_catalog_and_comes_back() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    push_image(&wharf, "a", "x").await;
    push_image(&wharf, "a", "y").await;
    push_image(&wharf, "a/b", "x").await;
    let deleted = told(&wharf, Request::delete(PATH), 202).await;
    assert_eq!(
        deleted,
        serde_json::json!({
            "repository": "a",
            "tags": 2,
            "manifests": 1,
            "layers": 0,
            "uploads": 0,
            "can_be_restored": true,
        })
    );
    assert_eq!(catalog(&wharf).await, "a/b");
    let again = wharf.ask(Request::delete(PATH)).await;
    assert_eq!(
        (again.status, again.codes()),
        (404, vec!["NAME_UNKNOWN".to_owned()])
    );
    let trash = told(&wharf, Request::get("/v2/a/_wharfinger/trash"), 200).await;
    let id = trash["entries"][0]["id"].as_str().unwrap();
    let path = format!("/v2/a/_wharfinger/trash/{id}");
    let restored = told(&wharf, Request::post(&path), 201).await;
    assert_eq!(
        (&restored["manifests"], &restored["tags"]),
        (&1.into(), &2.into())
    );
    assert_eq!(catalog(&wharf).await, "a a/b");
    for tag in ["x", "y"] {
        let pull = Request::get(&format!("/v2/a/manifests/{tag}"));
        assert_eq!(wharf.ask(pull).await.status, 200, "{tag}");
    }
}

#[tokio::test]
async fn where_nothing_may_be_deleted_no_repository_is() {
    let mut setup = Setup::memory();
    setup.options.deletion = Deletion::Disabled;
    let wharf = setup.start().await;
    push_image(&wharf, "a", "x").await;
    let refused = wharf.ask(Request::delete(PATH)).await;
    assert_eq!((refused.status, refused.header("Allow")), (405, Some("")));
    assert_eq!(refused.codes(), ["UNSUPPORTED"]);
    assert_eq!(catalog(&wharf).await, "a");
}

/// What has begun goes to its end: nobody is left with half of a repository.
#[tokio::test]
async fn a_client_that_goes_away_changes_nothing_about_its_end() {
    let wharf = keeping(&MemoryStore::default()).start().await;
    for tag in 0..20 {
        push_image(&wharf, "a", &tag.to_string()).await;
    }
    let mut client = wharf.connect().await;
    client.send(Request::delete(PATH).bytes()).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    drop(client);
    for _ in 0..500 {
        if catalog(&wharf).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is still there");
}
