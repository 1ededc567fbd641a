//! Manifests that refer to what is not there.

use std::collections::BTreeSet;

use super::content::{Content, GZIP_LAYER, index};
use super::repository::{Repository, codes};

/// An image, and what of it is missing: two of three layers, and the config.
fn sparse_image(name: &'static str) -> (Content, Content) {
    let (mut content, mut missing) = (Content::new(name), Content::new(name));
    let layers = [(); 3].map(|()| content.layer(GZIP_LAYER));
    let image = content.image(&layers);
    content.add(image, &["sparse"]);
    missing.blobs = content.blobs.split_off(1);
    (content, missing)
}

/// An index, and what of it is missing: two of three images.
fn sparse_index(name: &'static str) -> (Content, Content) {
    let (mut content, mut missing) = (Content::new(name), Content::new(name));
    let children = [(); 3].map(|()| content.add_image(&[]));
    content.add(index(&children), &["sparse"]);
    missing.manifests = content.manifests.drain(1..3).collect();
    (content, missing)
}

#[test]
fn an_image_without_its_blobs_is_refused() {
    let (content, missing) = sparse_image("sparse/image");
    let names = missing.blobs.iter().map(|blob| blob.digest.as_str());
    is_refused(&content, &missing, &names.collect());
}

#[test]
fn an_index_without_its_images_is_refused() {
    let (content, missing) = sparse_index("sparse/index");
    let names = missing.manifests.iter();
    let names = names.map(|manifest| manifest.blob.digest.as_str());
    is_refused(&content, &missing, &names.collect());
}

#[test]
fn an_image_without_its_blobs_is_taken_where_that_is_allowed() {
    let (content, _) = sparse_image("sparse/image");
    content.lives_on(&super::sparse_server());
}

#[test]
fn an_index_without_its_images_is_taken_where_that_is_allowed() {
    let (content, _) = sparse_index("sparse/index");
    content.lives_on(&super::sparse_server());
}

/// That another repository has it does not help.
fn is_refused(content: &Content, missing: &Content, names: &BTreeSet<&str>) {
    let server = super::server();
    let repository = Repository::of(&server, content.name);
    let elsewhere = repository.below("elsewhere");
    for repository in [&repository, &elsewhere] {
        repository.upload_all(content);
    }
    elsewhere.upload_all(missing);
    elsewhere.push_by_tag(missing);
    let (sparse, children) = content.manifests.split_last().unwrap();
    let mut whole = Content::new(content.name);
    whole.manifests = children.to_vec();
    repository.push_by_tag(&whole);

    let digest = repository.manifest(&sparse.blob.digest);
    let tag = repository.manifest("sparse");
    for target in [&digest, &tag, &format!("{digest}?tag=sparse")] {
        let answer = repository.put_call(target, sparse).expect(400);
        let expected = vec!["MANIFEST_BLOB_UNKNOWN"; names.len()];
        assert_eq!(codes(&answer), expected, "{answer:#?}");
        let json = answer.json();
        let entries = json["errors"].as_array().unwrap().iter();
        let named = entries.map(|entry| entry["detail"]["digest"].as_str().unwrap());
        assert_eq!(named.collect::<BTreeSet<_>>(), *names, "{answer:#?}");
        repository.is_gone(&digest, "MANIFEST_UNKNOWN");
        repository.is_gone(&tag, "MANIFEST_UNKNOWN");
    }
    // With what was missing, the same manifest is taken.
    repository.upload_all(missing);
    repository.push_by_tag(missing);
    repository.push_by_tag(content);
    repository.serves_manifest(&tag, sparse);
}
