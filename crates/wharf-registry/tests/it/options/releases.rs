//! Tags that stand for releases.

use wharf_registry::{Options, Releases, Repository};

use super::repository_with;
use crate::images::{try_push, whole_image};

async fn released(tags: &[&str], patterns: &[&str]) -> Repository {
    let patterns = patterns.iter().map(ToString::to_string);
    let repository = repository_with(Options {
        releases: Releases(patterns.collect()),
        ..Options::default()
    });
    let image = whole_image(&repository, "x").await;
    for tag in tags {
        try_push(&repository, &image, tag).await.unwrap();
    }
    repository
}

async fn newest(repository: &Repository, tag: &str) -> Option<String> {
    let newest = repository.newest_release(&tag.parse().unwrap()).await;
    newest.unwrap().map(|tag| tag.to_string())
}

#[tokio::test]
async fn a_tag_stands_for_the_newest_release_of_its_kind() {
    let tags = [
        "1.2.9",
        "1.2.10",
        "1.10.0",
        "1.9.99",
        "1.2.11-rc.1",
        "1.2.3-alpine",
        "1.2.30-alpine",
        "v1.3.0",
        "v2.0.0",
        "10.0.0",
        "2.0",
        "2.0.1.1",
        "02.1.1",
        "1.2.x",
        "latest",
        "3.0.0-rc",
        "4",
        "4.0.1",
    ];
    let repository = released(&tags, &["library/*"]).await;
    for (tag, expected) in [
        ("1.2", Some("1.2.10")),
        ("1", Some("1.10.0")),
        ("1-alpine", Some("1.2.30-alpine")),
        ("1.2-alpine", Some("1.2.30-alpine")),
        ("1.2-rc.1", Some("1.2.11-rc.1")),
        ("v1", Some("v1.3.0")),
        ("v2.0", Some("v2.0.0")),
        ("10", Some("10.0.0")),
        ("1.2-slim", None),
        ("v1-alpine", None),
        ("2", None),
        ("3", None),
        // It is there.
        ("4", None),
        ("1.3", None),
        ("1.2.1", None),
        ("latest", None),
        ("x", None),
    ] {
        assert_eq!(newest(&repository, tag).await.as_deref(), expected, "{tag}");
    }
}

#[tokio::test]
async fn more_releases_than_one_page_has_are_looked_through() {
    let mut tags: Vec<_> = (0..1100).map(|patch| format!("1.0.{patch}")).collect();
    // Pages are in the order of bytes.
    tags.push("1.9.0".to_owned());
    let tags: Vec<_> = tags.iter().map(String::as_str).collect();
    let repository = released(&tags, &["**"]).await;
    assert_eq!(newest(&repository, "1").await.as_deref(), Some("1.9.0"));
}

#[tokio::test]
async fn only_where_the_operator_wants_it() {
    for patterns in [&[][..], &["library"], &["other/**"]] {
        let repository = released(&["1.0.0"], patterns).await;
        assert_eq!(newest(&repository, "1").await, None, "{patterns:?}");
    }
    let nothing = released(&[], &["**"]).await;
    assert_eq!(newest(&nothing, "1").await, None);
}
