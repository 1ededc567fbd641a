//! Lists that are too long for one answer.

use serde_json::{Value, json};
use wharf_registry::Repository;
use wharf_spec::Digest;

use super::sorted;
use crate::fixtures::empty_repository;
use crate::images::{about, digest_of, index, push};

const MIB: usize = 1 << 20;

/// A referrer whose descriptor has this many megabytes.
async fn push_large(repository: &Repository, subject: &Value, name: &str, size: usize) -> Digest {
    let mut manifest = about(index(&[]), subject);
    manifest["artifactType"] = name.into();
    manifest["annotations"] = json!({ "text": name.repeat(size / name.len()) });
    push(repository, &manifest).await
}

/// The pages that a client gets who follows them.
async fn pages(repository: &Repository, subject: &Value, kind: Option<&str>) -> Vec<Vec<Digest>> {
    let (mut pages, mut last) = (Vec::new(), None);
    // More than there can be: a list that goes in circles ends too.
    while pages.len() < 100 {
        let listed = repository.referrers(digest_of(subject), kind, last);
        let (found, next) = listed.await.unwrap();
        let size: usize = found
            .iter()
            .map(|it| serde_json::to_vec(it).unwrap().len())
            .sum();
        assert!(
            found.len() == 1 || size <= 4 * MIB,
            "{size} bytes in one answer"
        );
        pages.push(found.iter().map(|descriptor| descriptor.digest).collect());
        if next.is_none() {
            break;
        }
        last = next;
    }
    pages
}

#[tokio::test]
async fn a_list_of_many_megabytes_comes_in_pages() {
    let repository = empty_repository();
    let subject = json!({});
    let mut all = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        all.push(push_large(&repository, &subject, name, 3 * MIB / 2).await);
    }
    all.sort_unstable();
    let pages = pages(&repository, &subject, None).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 1]);
    assert_eq!(pages.concat(), all);
    // A client may go on after any digest, also after one that has been deleted.
    repository.delete_manifest(all[4]).await.unwrap();
    let listed = repository.referrers(digest_of(&subject), None, Some(all[4]));
    let (found, next) = listed.await.unwrap();
    let found: Vec<_> = found.iter().map(|descriptor| descriptor.digest).collect();
    assert_eq!((&found[..], next), (&all[5..], None));
}

#[tokio::test]
async fn one_that_fills_an_answer_gets_one_of_its_own() {
    let repository = empty_repository();
    let subject = json!({});
    let one = push_large(&repository, &subject, "a", 5 * MIB).await;
    let two = push_large(&repository, &subject, "b", 5 * MIB).await;
    let [first, second] = sorted([one, two]);
    assert_eq!(
        pages(&repository, &subject, None).await,
        [[first], [second]]
    );
}

#[tokio::test]
async fn what_is_filtered_out_takes_no_room() {
    let repository = empty_repository();
    let subject = json!({});
    let small = push_large(&repository, &subject, "small", 100).await;
    for name in ["a", "b", "c", "d", "e"] {
        push_large(&repository, &subject, name, 3 * MIB).await;
    }
    assert_eq!(pages(&repository, &subject, Some("small")).await, [[small]]);
    assert!(pages(&repository, &subject, None).await.len() >= 5);
}
