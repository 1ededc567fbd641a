//! What is no digest, wherever one belongs.

use super::blob::Algorithm;
use super::content::Content;
use super::repository::{Repository, refused};
use super::session::Session;

/// Other lengths, other characters, and functions that the registry does not have.
fn wrong() -> Vec<String> {
    let (short, long) = ("a".repeat(63), "a".repeat(128));
    let right = "a".repeat(64);
    [
        "sha256:baddigeststring".to_owned(),
        format!("sha256:{short}"),
        format!("sha256:{right}a"),
        format!("sha256:{short}g"),
        format!("sha256:{short}A"),
        "sha256:".to_owned(),
        format!(":{right}"),
        format!("SHA256:{right}"),
        format!("sha512:{right}"),
        format!("sha256:{long}"),
        "md5:d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        format!("sha3-256:{right}"),
        format!("sha256+b64:{right}"),
        format!("unknown:{right}"),
    ]
    .to_vec()
}

/// As [`wrong`], and what could not stand in a path.
fn wrong_in_a_query() -> Vec<String> {
    let mut digests = wrong();
    digests.extend(["", "sha256", "latest"].map(str::to_owned));
    digests
}

#[test]
fn an_upload_to_a_wrong_digest_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "digests/upload");
    let blob = Algorithm::Sha256.noise(1000, 3000);
    let mut session = Session::begin(&repository, "");
    session.chunk(&blob, 0..1000);
    for digest in wrong_in_a_query() {
        let digest = digest.replace('+', "%2B");
        let single = repository.uploads(&format!("?digest={digest}"));
        let post = repository.http.post(&single).body(blob.bytes.clone());
        refused(post, 400, "DIGEST_INVALID");
        refused(session.put(&digest), 400, "DIGEST_INVALID");
        session.stands_at(1000);
    }
    let without = repository.http.put(&session.location);
    refused(without, 400, "DIGEST_INVALID");
    // The upload is not lost by such mistakes.
    let answer = session.put_part(&blob, 1000..3000).expect(201);
    repository.leads_to_blob(&answer, &blob);
}

#[test]
fn an_upload_by_an_unknown_algorithm_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "digests/algorithm");
    for algorithm in ["md5", "sha3-256", "SHA256", "unknown"] {
        let target = repository.uploads(&format!("?digest-algorithm={algorithm}"));
        refused(repository.http.post(&target), 400, "DIGEST_INVALID");
    }
}

#[test]
fn nothing_is_found_under_a_wrong_digest() {
    let server = super::server();
    let repository = Repository::of(&server, "digests/pull");
    let mut content = Content::new("digests/pull");
    content.add_image(&["here"]);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    let http = repository.http;
    for digest in wrong() {
        for path in [repository.blob(&digest), repository.manifest(&digest)] {
            for call in [http.get(&path), http.head(&path), http.delete(&path)] {
                let answer = call.send();
                let is_refusal = [400, 404].contains(&answer.status);
                assert!(is_refusal, "{answer:#?}");
            }
        }
        let referrers = repository.referrers(&digest);
        refused(http.get(&referrers), 400, "DIGEST_INVALID");
    }
    repository.holds(&content);
}

#[test]
fn a_manifest_for_a_wrong_digest_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "digests/manifest");
    let mut content = Content::new("digests/manifest");
    content.add_image(&[]);
    repository.upload_all(&content);
    let manifest = &content.manifests[0];
    for digest in wrong() {
        let put = repository.manifest(&digest);
        let answer = repository.put_call(&put, manifest).expect(400);
        let codes = super::repository::codes(&answer);
        let known = [["DIGEST_INVALID"], ["TAG_INVALID"]];
        assert!(known.iter().any(|code| codes == code), "{answer:#?}");
    }
    repository.is_gone(
        &repository.manifest(&manifest.blob.digest),
        "MANIFEST_UNKNOWN",
    );
}
