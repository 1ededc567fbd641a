//! What is listed, and by which filter.

use serde_json::json;
use wharf_registry::Repository;
use wharf_spec::{Digest, media_type};
use wharf_store::MemoryStore;

use super::{digests, referrers, sign, signature_of, sorted};
use crate::fixtures::{empty_repository, registry};
use crate::images::{about, digest_of, encode, index, push, try_push, whole_image};

#[tokio::test]
async fn manifests_are_listed_under_their_subject_in_order() {
    let repository = empty_repository();
    let subject = whole_image(&repository, "subject").await;
    push(&repository, &subject).await;
    assert!(referrers(&repository, &subject).await.is_empty());
    let mut signatures = Vec::new();
    for name in ["one", "two", "three", "four"] {
        signatures.push(sign(&repository, &subject, name, "text/signature").await);
    }
    signatures.sort_unstable();
    assert_eq!(digests(&repository, &subject).await, signatures);
    // Pushed again, by a tag this time, it is still one.
    let again = signature_of(&subject, "one", "text/signature");
    let pushed = try_push(&repository, &again, "tag").await.unwrap();
    assert_eq!(pushed.subject, Some(digest_of(&subject)));
    assert_eq!(digests(&repository, &subject).await, signatures);
    let of_signature = repository.referrers(pushed.digest, None, None).await;
    assert_eq!(
        of_signature.unwrap(),
        (vec![], None),
        "a subject does not refer to it"
    );
}

/// distribution-spec, "Listing Referrers": the descriptor has the type and the annotations.
#[tokio::test]
async fn descriptors_say_what_the_manifests_say() {
    let repository = empty_repository();
    let subject = json!({});
    let mut signature = about(whole_image(&repository, "x").await, &subject);
    signature["artifactType"] = "text/signature".into();
    signature["annotations"] = json!({ "b": "2", "a": "1" });
    push(&repository, &signature).await;
    let found = referrers(&repository, &subject).await;
    let [descriptor] = found.as_slice() else {
        panic!("{found:?}")
    };
    let expected = json!({
        "mediaType": media_type::OCI_MANIFEST,
        "digest": digest_of(&signature).to_string(),
        "size": encode(&signature).len(),
        "annotations": { "a": "1", "b": "2" },
        "artifactType": "text/signature",
    });
    assert_eq!(serde_json::to_value(descriptor).unwrap(), expected);
}

#[tokio::test]
async fn a_list_can_be_filtered_by_type() {
    let repository = empty_repository();
    let subject = json!({});
    let signature = sign(&repository, &subject, "one", "text/signature").await;
    let bill = sign(&repository, &subject, "two", "text/bill").await;
    // An image without an artifact type has that of its config.
    let image = about(whole_image(&repository, "three").await, &subject);
    let image = push(&repository, &image).await;
    // An index has no config.
    let index = push(&repository, &about(index(&[]), &subject)).await;

    for (artifact_type, expected) in [
        (None, &sorted([signature, bill, image, index])[..]),
        (Some("text/signature"), &[signature]),
        (Some("text/bill"), &[bill]),
        (Some(media_type::OCI_CONFIG), &[image]),
        (Some("text/none"), &[]),
        (Some(""), &[]),
    ] {
        let listed = repository.referrers(digest_of(&subject), artifact_type, None);
        let (found, next) = listed.await.unwrap();
        let found: Vec<_> = found.iter().map(|descriptor| descriptor.digest).collect();
        assert_eq!((&found[..], next), (expected, None), "{artifact_type:?}");
    }
}

#[tokio::test]
async fn the_subject_may_come_later_or_never_and_go_again() {
    let repository = empty_repository();
    let subject = whole_image(&repository, "subject").await;
    let signature = sign(&repository, &subject, "x", "text/signature").await;
    assert_eq!(digests(&repository, &subject).await, [signature]);
    let pushed = push(&repository, &subject).await;
    assert_eq!(digests(&repository, &subject).await, [signature]);
    repository.delete_manifest(pushed).await.unwrap();
    assert_eq!(digests(&repository, &subject).await, [signature]);
}

#[tokio::test]
async fn an_index_can_refer() {
    let repository = empty_repository();
    let subject = json!({});
    let child = whole_image(&repository, "child").await;
    push(&repository, &child).await;
    let mut index = about(index(&[&child]), &subject);
    index["artifactType"] = "text/bundle".into();
    let index = push(&repository, &index).await;
    let found = referrers(&repository, &subject).await;
    let [descriptor] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (descriptor.digest, descriptor.media_type.as_str()),
        (index, media_type::OCI_INDEX)
    );
    assert_eq!(descriptor.artifact_type.as_deref(), Some("text/bundle"));
}

#[tokio::test]
async fn a_deleted_manifest_is_not_listed_until_it_is_pushed_again() {
    let repository = empty_repository();
    let subject = json!({});
    let one = sign(&repository, &subject, "one", "text/signature").await;
    let two = sign(&repository, &subject, "two", "text/signature").await;
    repository.delete_manifest(one).await.unwrap();
    assert_eq!(digests(&repository, &subject).await, [two]);
    assert_eq!(
        sign(&repository, &subject, "one", "text/signature").await,
        one
    );
    assert_eq!(digests(&repository, &subject).await, sorted([one, two]));
}

#[tokio::test]
async fn repositories_do_not_see_each_others() {
    let registry = registry(&MemoryStore::default());
    let names = ["a", "a/b", "b"];
    let [a, nested, b] = names.map(|name| registry.repository(name.parse().unwrap()));
    let subject = json!({});
    let mut expected: Vec<(&Repository, Vec<Digest>)> = Vec::new();
    for (repository, name) in [(&a, "one"), (&nested, "two")] {
        let signature = sign(repository, &subject, name, "text/signature").await;
        expected.push((repository, vec![signature]));
    }
    expected.push((&b, vec![]));
    for (repository, expected) in expected {
        assert_eq!(
            digests(repository, &subject).await,
            expected,
            "{}",
            repository.name()
        );
    }
}
