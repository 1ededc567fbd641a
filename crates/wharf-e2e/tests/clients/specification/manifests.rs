//! Manifests that cannot be pulled or pushed, and some that can.

use wharf_e2e::publish::OCI_IMAGE;

use super::blob::Algorithm;
use super::content::{Content, Manifest};
use super::repository::{Repository, refused};

/// An image whose blobs are there, and which is not pushed.
fn prepared(repository: &Repository<'_>, name: &'static str, algorithm: Algorithm) -> Manifest {
    let mut content = Content::new(name);
    content.algorithm = algorithm;
    content.add_image(&[]);
    repository.upload_all(&content);
    content.manifests.remove(0)
}

#[test]
fn a_manifest_that_is_not_there() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/absent");
    let digests = Algorithm::ALL.map(|algorithm| algorithm.digest(b"nobody has this"));
    let references = digests.iter().map(String::as_str).chain(["absent"]);
    let references: Vec<&str> = references.collect();
    let all_are_gone = || {
        for reference in &references {
            repository.is_gone(&repository.manifest(reference), "MANIFEST_UNKNOWN");
        }
    };
    // First there is no such repository, then there is.
    all_are_gone();
    let manifest = prepared(&repository, "manifests/absent", Algorithm::Sha256);
    let target = repository.manifest("present");
    repository.put_call(&target, &manifest).expect(201);
    all_are_gone();
}

#[test]
fn bytes_with_another_digest_are_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/mismatch");
    for algorithm in Algorithm::ALL {
        let manifest = prepared(&repository, "manifests/mismatch", algorithm);
        let mut bytes = manifest.blob.bytes.to_vec();
        bytes.extend(b"  ");
        let wrong = Manifest {
            blob: algorithm.blob(bytes),
            ..manifest.clone()
        };
        let path = repository.manifest(&manifest.blob.digest);
        for target in [&path, &format!("{path}?tag=mismatch")] {
            refused(repository.put_call(target, &wrong), 400, "DIGEST_INVALID");
            for reference in [&manifest.blob.digest, &wrong.blob.digest, "mismatch"] {
                repository.is_gone(&repository.manifest(reference), "MANIFEST_UNKNOWN");
            }
        }
        repository.put_call(&path, &manifest).expect(201);
        repository.serves_manifest(&path, &manifest);
    }
}

#[test]
fn what_is_no_manifest_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/invalid");
    let manifest = prepared(&repository, "manifests/invalid", Algorithm::Sha256);
    let mut cut = manifest.blob.bytes.to_vec();
    cut.truncate(cut.len() / 2);
    let mut bad_digest = manifest.json.clone();
    bad_digest["config"]["digest"] = "sha256:baddigeststring".into();
    for bytes in [
        Vec::new(),
        cut,
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"\xff\xfe".to_vec(),
        bad_digest.to_string().into_bytes(),
    ] {
        let blob = Algorithm::Sha256.blob(bytes);
        for reference in ["invalid", &blob.digest] {
            let put = repository.http.put(&repository.manifest(reference));
            let put = put.header("content-type", OCI_IMAGE);
            let answer = put.body(blob.bytes.clone()).expect(400);
            let codes = super::repository::codes(&answer);
            let known = [["MANIFEST_INVALID"], ["DIGEST_INVALID"]];
            assert!(known.iter().any(|code| codes == code), "{answer:#?}");
            repository.is_gone(&repository.manifest(reference), "MANIFEST_UNKNOWN");
        }
    }
}

/// Four mebibytes are taken, as clients may expect; one byte more is not.
#[test]
fn a_manifest_of_the_largest_size() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/size");
    let mut manifest = prepared(&repository, "manifests/size", Algorithm::Sha256);
    let mut bytes = manifest.blob.bytes.to_vec();
    for (length, status) in [(4 << 20, 201), ((4 << 20) + 1, 413)] {
        bytes.resize(length, b' ');
        manifest.blob = Algorithm::Sha256.blob(bytes.clone());
        let path = repository.manifest(&manifest.blob.digest);
        repository.put_call(&path, &manifest).expect(status);
        match status {
            201 => repository.serves_manifest(&path, &manifest),
            _ => repository.is_gone(&path, "MANIFEST_UNKNOWN"),
        }
    }
}

/// A registry ignores the parameters of a type, and leaves them out.
#[test]
fn a_media_type_with_parameters() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/parameters");
    let manifest = prepared(&repository, "manifests/parameters", Algorithm::Sha256);
    let path = repository.manifest(&manifest.blob.digest);
    let put = repository.http.put(&path);
    let put = put.header("content-type", &format!("{OCI_IMAGE}; charset=utf-8"));
    put.body(manifest.blob.bytes.clone()).expect(201);
    repository.serves_manifest(&path, &manifest);
}

#[test]
fn a_manifest_that_is_pushed_again() {
    let server = super::server();
    let repository = Repository::of(&server, "manifests/again");
    let mut content = Content::new("manifests/again");
    content.add_image(&["first", "second"]);
    repository.upload_all(&content);
    for _ in 0..3 {
        repository.push_by_tag(&content);
        repository.holds(&content);
    }
    // And after it was away: its blobs were not.
    let path = repository.manifest(&content.manifests[0].blob.digest);
    repository.delete(&path, "MANIFEST_UNKNOWN");
    repository.lists_tags(&[]);
    repository.push_by_tag(&content);
    repository.holds(&content);
}
