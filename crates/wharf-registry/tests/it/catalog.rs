//! The names of all repositories, whole and in pages.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use wharf_registry::Registry;
use wharf_spec::Page;
use wharf_store::MemoryStore;

use crate::fixtures::{push_blob, put, registry, sha256};
use crate::images::push_image;
use crate::paths;

#[tokio::test]
async fn the_order_is_component_by_component() {
    let names = [
        "a-b",
        "a/b",
        "b",
        "a",
        "a.b",
        "a/b/c",
        "a/b-c",
        "a0",
        "deep/er/still",
    ];
    let registry = with_repositories(names);
    let expected = [
        "a",
        "a/b",
        "a/b/c",
        "a/b-c",
        "a-b",
        "a.b",
        "a0",
        "b",
        "deep/er/still",
    ];
    assert_eq!(
        list(&registry, None, None).await,
        (strings(&expected), false)
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let registry = with_repositories(["a", "a-b", "a/b", "a/b/c", "b/c"]);
    for (n, last, expected, more) in [
        (Some(0), None, &[][..], false),
        (Some(1), None, &["a"], true),
        (Some(2), Some("a"), &["a/b", "a/b/c"], true),
        (Some(2), Some("a/b/c"), &["a-b", "b/c"], false),
        (Some(9), Some("a/b"), &["a/b/c", "a-b", "b/c"], false),
        (None, Some("a-b"), &["b/c"], false),
        // `last` need not be there, or be a repository, or a name at all.
        (None, Some("a/a"), &["a/b", "a/b/c", "a-b", "b/c"], false),
        (None, Some("a/zz"), &["a-b", "b/c"], false),
        (None, Some("b"), &["b/c"], false),
        (
            None,
            Some("A//"),
            &["a", "a/b", "a/b/c", "a-b", "b/c"],
            false,
        ),
        (None, Some("b/c"), &[], false),
        (Some(1), Some("z"), &[], false),
    ] {
        let listed = list(&registry, n, last).await;
        assert_eq!(listed, (strings(expected), more), "n={n:?} last={last:?}");
    }
}

#[tokio::test]
async fn only_what_has_manifests_is_a_repository() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    assert_eq!(
        list(&registry, None, None).await,
        (vec![], false),
        "nothing is there yet"
    );
    let [uploaded, pushed] =
        ["uploaded", "pushed"].map(|name| registry.repository(name.parse().unwrap()));
    push_blob(&uploaded, "hello").await;
    push_image(&pushed, "x", "t").await;
    // Not what a repository looks like: the work of other programs and of operators.
    for name in ["Backup", "lost+found", "a_", "Backup/nested"] {
        put(&store, &paths::revision_link(name, sha256(b"")), "").await;
    }
    assert_eq!(
        list(&registry, None, None).await,
        (strings(&["pushed"]), false)
    );
}

fn any_names() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set("[ab](-[ab]|0)?(/[ab](-[ab])?){0,3}", 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn following_the_pages_gives_the_whole_list(names in any_names(), n in 1_usize..8) {
        let mut expected: Vec<String> = names.iter().cloned().collect();
        expected.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        let registry = with_repositories(names.iter().map(String::as_str));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (whole, pages) = runtime.block_on(async {
            (list(&registry, None, None).await, pages(&registry, n).await)
        });
        prop_assert_eq!(whole, (expected.clone(), false));
        prop_assert!(pages.iter().rev().skip(1).all(|page| page.len() == n), "{:?}", pages);
        prop_assert_eq!(pages.concat(), expected);
    }

    #[test]
    fn any_text_can_be_the_last(names in any_names(), last in "[ab/_-]{0,6}") {
        let registry = with_repositories(names.iter().map(String::as_str));
        let mut expected: Vec<String> = names.into_iter().collect();
        expected.retain(|name| name.split('/').gt(last.split('/')));
        expected.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let listed = runtime.block_on(list(&registry, None, Some(&last)));
        prop_assert_eq!(listed, (expected, false));
    }
}

/// All pages, as a client follows them.
async fn pages(registry: &Registry, n: usize) -> Vec<Vec<String>> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    // More than there can be: a list that goes in circles ends too.
    while pages.len() < 100 {
        let last = pages.last().and_then(|page| page.last()).cloned();
        let (page, more) = list(registry, Some(n), last.as_deref()).await;
        pages.push(page);
        if !more {
            break;
        }
    }
    pages
}

async fn list(registry: &Registry, n: Option<usize>, last: Option<&str>) -> (Vec<String>, bool) {
    let page = Page {
        n,
        last: last.map(str::to_owned),
    };
    let (names, more) = registry.catalog(&page).await.unwrap();
    (names.iter().map(ToString::to_string).collect(), more)
}

/// A tree in which somebody has pushed a manifest to each of these.
fn with_repositories<'a>(names: impl IntoIterator<Item = &'a str>) -> Registry {
    let digest = sha256(b"");
    let link = |name| {
        (
            paths::revision_link(name, digest).to_string(),
            Bytes::from(digest.to_string()),
        )
    };
    let files: BTreeMap<_, _> = names.into_iter().map(link).collect();
    registry(&MemoryStore::from_snapshot(files))
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
