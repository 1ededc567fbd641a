//! What each operation costs, in requests.

use std::time::SystemTime;

use wharf_store::{Change, Durability, Store, StorePath};
use wharf_store_cloud::CloudStore;

use crate::provider::Provider;

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

fn put(path: &str) -> Change {
    Change::Put {
        path: at(path),
        content: "link".into(),
    }
}

fn touch(path: &str) -> Change {
    Change::Touch { path: at(path) }
}

/// The first of all asks for the clock once more.
async fn settled() -> (Provider, CloudStore) {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    store
        .put(&at("first"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    provider.asked();
    (provider, store)
}

#[tokio::test]
async fn small_things_cost_little() {
    let (provider, store) = settled().await;
    store
        .put(&at("a/b"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    assert_eq!(provider.asked(), "1 get, 1 put");
    store.read(&at("a/b"), 9).await.unwrap();
    assert_eq!(provider.asked(), "1 get");
    store.size(&at("a/b")).await.unwrap();
    assert_eq!(provider.asked(), "1 head");
    store.remove(&at("a/b")).await.unwrap();
    assert_eq!(provider.asked(), "1 delete, 1 head, 1 list");
}

#[tokio::test]
async fn an_upload_that_fits_into_a_part_is_not_sent_in_parts() {
    let (provider, store) = settled().await;
    let mut appender = store.appender(&at("upload")).await.unwrap();
    assert_eq!(provider.asked(), "1 get");
    appender.write(&["bytes".into()]).await.unwrap();
    appender.sync().await.unwrap();
    assert_eq!(provider.asked(), "1 put");
    store.publish(&at("upload"), &at("blob")).await.unwrap();
    assert_eq!(provider.asked(), "1 copy, 1 delete, 1 get, 2 head");
}

/// A manifest, its links, what it relies on, and a tag.
#[tokio::test]
async fn a_push_of_what_was_just_uploaded_touches_nothing_again() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    let uploaded = vec![vec![put("layer")], vec![put("layer/link")]];
    store.commit(uploaded).await.unwrap();
    provider.asked();
    let push = || {
        vec![
            vec![put("manifest")],
            vec![put("revision/link"), put("history/link")],
            vec![touch("layer"), touch("layer/link")],
            vec![touch("manifest"), touch("revision/link")],
            vec![put("tag/link")],
            vec![
                touch("revision/link"),
                touch("history/link"),
                touch("tag/link"),
            ],
        ]
    };
    store.commit(push()).await.unwrap();
    // The clock is asked before the tag can be seen, and at the end.
    assert_eq!(provider.asked(), "2 get, 4 put");
    // Somebody else is about to remove something. What was written before this process knew is
    // touched, once.
    provider.store("root", 5 << 20).now().await.unwrap();
    provider.asked();
    store.commit(push()).await.unwrap();
    assert_eq!(provider.asked(), "4 get, 8 head, 9 put");
}

#[tokio::test]
async fn a_listing_costs_a_request_for_every_thousand_names() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    for number in 0..2500 {
        let path = at(&format!("tags/{number}/current/link"));
        store
            .put(&path, "x".into(), Durability::Lazy)
            .await
            .unwrap();
    }
    provider.asked();
    assert_eq!(store.list(&at("tags")).await.unwrap().len(), 2500);
    assert_eq!(provider.asked(), "3 list");
}

/// However long the histories of tags are.
#[tokio::test]
async fn a_page_costs_what_is_on_it() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    for number in 0..400 {
        for link in [
            "current/link",
            "index/1/link",
            "index/2/link",
            "index/3/link",
        ] {
            let path = at(&format!("tags/{number:03}/{link}"));
            store
                .put(&path, "x".into(), Durability::Lazy)
                .await
                .unwrap();
        }
    }
    provider.asked();
    for (after, most, cost) in [
        (None, 10, "1 list"),
        (Some("200"), 100, "1 list"),
        (None, 300, "2 list"),
        (None, 1000, "2 list"),
    ] {
        let page = store.page(&at("tags"), "current/link", after, most).await;
        let (names, _) = page.unwrap().unwrap();
        assert_eq!(names.len(), most.min(400));
        assert_eq!(provider.asked(), cost, "{most} after {after:?}");
    }
}

/// The first removal of a process tries conditions as well.
#[tokio::test]
async fn a_removal_costs_the_same_whatever_is_removed() {
    let (provider, store) = settled().await;
    for name in ["one", "two", "three"] {
        store
            .put(&at(name), "x".into(), Durability::Durable)
            .await
            .unwrap();
    }
    let since = store.next_moment().await.unwrap();
    store.remove_untouched(&at("one"), since).await.unwrap();
    provider.asked();
    store.remove_untouched(&at("two"), since).await.unwrap();
    assert_eq!(provider.asked(), "2 delete, 2 get, 4 head, 2 put");
    // What was touched since is told from what was not by a look at both of its times.
    let before = SystemTime::UNIX_EPOCH;
    store.remove_untouched(&at("three"), before).await.unwrap();
    assert_eq!(provider.asked(), "2 head");
}
