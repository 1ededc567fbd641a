//! What a push of a manifest stores, and under which names.

use bytes::Bytes;
use serde_json::json;
use wharf_registry::Error;
use wharf_spec::{ManifestError, ManifestType, Reference, Tag, media_type};
use wharf_store::MemoryStore;

use crate::fixtures::{empty_repository, pull, repository, sha256, sha512};
use crate::images::{digest_of, encode, image, push_image, try_push, whole_image};

#[tokio::test]
async fn the_very_bytes_come_back() {
    let repository = empty_repository();
    let image = whole_image(&repository, "x").await;
    // No serialiser writes it like this.
    let odd = Bytes::from(format!(" \n{image}\t\r\n"));
    let digest = sha256(&odd);
    let reference = "odd".parse().unwrap();
    let push = repository.push_manifest(odd.clone(), None, &reference, Vec::new());
    let pushed = push.await.unwrap();
    assert_eq!((pushed.digest, pushed.subject), (digest, None));
    for reference in ["odd", &digest.to_string()] {
        let manifest = pull(&repository, reference).await.unwrap();
        assert_eq!((manifest.digest, &manifest.bytes), (digest, &odd));
        assert_eq!(manifest.media_type, ManifestType::OciManifest);
    }
}

#[tokio::test]
async fn every_kind_of_manifest_keeps_its_type() {
    let repository = empty_repository();
    let mut image = whole_image(&repository, "x").await;
    for kind in ManifestType::ALL {
        let manifest = if kind.is_index() {
            json!({ "schemaVersion": 2, "mediaType": kind.as_str(), "manifests": [] })
        } else {
            image["mediaType"] = kind.as_str().into();
            image.clone()
        };
        try_push(&repository, &manifest, "kind").await.unwrap();
        let stored = pull(&repository, "kind").await.unwrap();
        assert_eq!(stored.media_type, kind);
    }
}

#[tokio::test]
async fn a_manifest_pushed_by_sha512_is_found_by_it() {
    let repository = empty_repository();
    let image = whole_image(&repository, "x").await;
    let digest = sha512(&encode(&image));
    let reference = Reference::Digest(digest);
    let tags = vec!["by-sha512".parse().unwrap()];
    let push = repository.push_manifest(encode(&image), None, &reference, tags);
    assert_eq!(push.await.unwrap().digest, digest);
    for reference in ["by-sha512", &digest.to_string()] {
        let manifest = pull(&repository, reference).await.unwrap();
        assert_eq!((manifest.digest, manifest.bytes), (digest, encode(&image)));
    }
    let by_sha256 = pull(&repository, &digest_of(&image).to_string()).await;
    assert!(
        matches!(by_sha256, Err(Error::ManifestUnknown(_))),
        "{by_sha256:?}"
    );
}

#[tokio::test]
async fn a_digest_that_the_bytes_do_not_have_is_refused() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let image = whole_image(&repository, "x").await;
    let before = store.snapshot();
    for named in [sha256(b"other"), sha512(b"other")] {
        let error = try_push(&repository, &image, &named.to_string())
            .await
            .unwrap_err();
        let computed = wharf_hash::digest(named.algorithm(), &encode(&image));
        assert!(
            matches!(error, Error::DigestMismatch { named: it, computed: and } if (it, and) == (named, computed)),
            "{error:?}"
        );
    }
    assert_eq!(store.snapshot(), before);
}

#[tokio::test]
async fn one_push_can_set_many_tags() {
    let repository = empty_repository();
    let image = whole_image(&repository, "x").await;
    let tags =
        |names: &[&str]| -> Vec<Tag> { names.iter().map(|name| name.parse().unwrap()).collect() };
    for (reference, others) in [
        (digest_of(&image).to_string(), tags(&["one", "two"])),
        ("three".to_owned(), tags(&["four", "four", "three"])),
    ] {
        let reference = reference.parse().unwrap();
        let push = repository.push_manifest(encode(&image), None, &reference, others);
        push.await.unwrap();
    }
    let (found, more) = repository.tags(&Default::default()).await.unwrap();
    let found: Vec<_> = found.iter().collect();
    assert_eq!((found, more), (vec!["four", "one", "three", "two"], false));
    for tag in ["one", "two", "three", "four"] {
        assert_eq!(
            pull(&repository, tag).await.unwrap().digest,
            digest_of(&image)
        );
    }
}

#[tokio::test]
async fn a_tag_moves_and_the_manifest_that_it_left_stays() {
    let repository = empty_repository();
    let old = push_image(&repository, "old", "latest").await;
    let new = push_image(&repository, "new", "latest").await;
    assert_eq!(pull(&repository, "latest").await.unwrap().digest, new);
    for digest in [old, new] {
        pull(&repository, &digest.to_string()).await.unwrap();
    }
    assert_eq!(push_image(&repository, "old", "latest").await, old);
    assert_eq!(pull(&repository, "latest").await.unwrap().digest, old);
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_not_stored() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let good = whole_image(&repository, "x").await;
    let before = store.snapshot();
    let mut bad_digest = good.clone();
    bad_digest["layers"][0]["digest"] = "sha256:abc".into();
    let schema1 = json!({ "schemaVersion": 1, "name": "a", "tag": "t", "fsLayers": [] });
    for (bytes, content_type) in [
        (encode(&bad_digest), Some(media_type::OCI_MANIFEST)),
        (encode(&good), Some(media_type::OCI_INDEX)),
        (encode(&good), Some("text/plain")),
        (Bytes::from("{"), Some(media_type::OCI_MANIFEST)),
        (Bytes::new(), None),
        (encode(&schema1), None),
        (encode(&schema1), Some(media_type::DOCKER_SCHEMA1_SIGNED)),
    ] {
        let tag = "t".parse().unwrap();
        let push = repository.push_manifest(bytes.clone(), content_type, &tag, Vec::new());
        let error = push.await.unwrap_err();
        assert!(
            matches!(error, Error::ManifestInvalid(_)),
            "{bytes:?}: {error:?}"
        );
        if bytes == encode(&schema1) {
            let told = matches!(error, Error::ManifestInvalid(ManifestError::Schema1));
            assert!(told, "{error:?}");
        }
    }
    assert_eq!(store.snapshot(), before);
}

/// Large ones are parsed and hashed elsewhere than small ones.
#[tokio::test]
async fn a_manifest_may_have_megabytes() {
    let repository = empty_repository();
    let mut large = whole_image(&repository, "x").await;
    large["annotations"] = json!({ "text": "x".repeat(3 << 20) });
    try_push(&repository, &large, "large").await.unwrap();
    assert_eq!(
        pull(&repository, "large").await.unwrap().bytes,
        encode(&large)
    );

    large["layers"] = image(b"", &[b"missing"])["layers"].clone();
    let error = try_push(&repository, &large, "large").await.unwrap_err();
    assert!(matches!(error, Error::ReferencesUnknown(_)), "{error:?}");
    large["schemaVersion"] = 3.into();
    let error = try_push(&repository, &large, "large").await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid(_)), "{error:?}");
}
