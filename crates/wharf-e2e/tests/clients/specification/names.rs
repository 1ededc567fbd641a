//! Names of repositories and tags, and whether the API is there at all.

use super::blob::Algorithm;
use super::content::Content;
use super::repository::{Repository, refused};
use super::upload::Way;

#[test]
fn the_api_is_there() {
    let server = super::server();
    let version = "docker-distribution-api-version";
    for base in [server.http().get("/v2/"), server.http().head("/v2/")] {
        assert_eq!(base.expect(200).header(version), "registry/2.0");
    }
}

#[test]
fn names_of_repositories() {
    let server = super::server();
    let blob = Algorithm::Sha256.noise(1200, 100);
    for name in [
        "a",
        "0",
        "a/b/c/d/e",
        "a.b",
        "a_b",
        "a__b",
        "a-b",
        "a---b",
        "a.b_c__d-e/0-1",
        "blobs",
        "manifests/tags",
        "tags/list",
        "uploads",
        "referrers/a",
    ] {
        let repository = Repository::of(&server, &format!("names/{name}"));
        Way::SinglePost.push(&repository, &blob);
        Way::ThreeChunks.push(&repository, &blob);
        repository.delete(&repository.blob(&blob.digest), "BLOB_UNKNOWN");
    }
}

#[test]
fn what_is_no_name_of_a_repository() {
    let server = super::server();
    for name in [
        "A", "a..b", "a._b", "a___b", ".a", "_a", "-a", "a.", "a_", "a-", "a+b", "a%20b", "%C3%A4",
        "b/A",
    ] {
        let repository = Repository::of(&server, &format!("names/{name}"));
        let digest = format!("sha256:{}", "a".repeat(64));
        let post = repository.http.post(&repository.uploads(""));
        refused(post, 400, "NAME_INVALID");
        for path in [
            repository.blob(&digest),
            repository.manifest(&digest),
            repository.manifest("latest"),
            repository.tags(""),
            repository.referrers(&digest),
        ] {
            refused(repository.http.get(&path), 400, "NAME_INVALID");
        }
    }
}

#[test]
fn names_of_tags() {
    let long = "x".repeat(128);
    let mut content = Content::new("tag-names");
    let tags = [
        "a", "A", "0", "_", "_a", "a.", "a-", "a..b", "latest", "list", &long,
    ];
    content.add_image(&tags);
    content.lives();
}

#[test]
fn what_is_no_name_of_a_tag() {
    let server = super::server();
    let repository = Repository::of(&server, "names/no-tag");
    let mut content = Content::new("names/no-tag");
    content.add_image(&[]);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    let manifest = &content.manifests[0];
    let digest = repository.manifest(&manifest.blob.digest);
    let long = "x".repeat(129);
    for tag in [".a", "-a", "a%20b", "a%2Bb", "a%40b", "%C3%A4", &long] {
        let by_path = repository.put_call(&repository.manifest(tag), manifest);
        refused(by_path, 400, "TAG_INVALID");
        let target = format!("{digest}?tag=right&tag={tag}");
        refused(repository.put_call(&target, manifest), 400, "TAG_INVALID");
        let get = repository.http.get(&repository.manifest(tag)).send();
        assert!([400, 404].contains(&get.status), "{get:#?}");
    }
    repository.holds(&content);
}
