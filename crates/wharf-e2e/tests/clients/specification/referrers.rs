//! The list of referrers.

use serde_json::json;
use wharf_e2e::publish::OCI_INDEX;

use super::blob::Algorithm;
use super::content::{Content, DOCUMENT, Manifest};
use super::lists::{next_page, sorted};
use super::repository::Repository;

#[test]
fn nothing_refers_to_what_is_unknown() {
    let server = super::server();
    let repository = Repository::of(&server, "referrers/none");
    let mut content = Content::new("referrers/none");
    content.add_image(&["image"]);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    let absent = repository.below("absent");
    let image = content.manifests[0].blob.digest.clone();
    let mut subjects = vec![image];
    subjects.extend(Algorithm::ALL.map(|algorithm| algorithm.digest(b"nobody has this")));
    for subject in subjects {
        for repository in [&repository, &absent] {
            repository.lists_referrers(&subject, &[]);
            repository.lists_filtered(&subject, DOCUMENT, vec![]);
        }
    }
}

#[test]
fn a_referrer_that_is_pushed_again_is_listed_once() {
    let server = super::server();
    let repository = Repository::of(&server, "referrers/again");
    let mut content = Content::new("referrers/again");
    let image = content.add_image(&[]);
    let mut artifact = content.artifact(DOCUMENT);
    artifact["subject"] = image;
    content.add(artifact, &["artifact"]);
    repository.upload_all(&content);
    for _ in 0..2 {
        repository.push_by_tag(&content);
        repository.lists_referrers_of(&content, &content.manifests);
    }
    // And after it was away.
    let path = repository.manifest(&content.manifests[1].blob.digest);
    repository.delete(&path, "MANIFEST_UNKNOWN");
    repository.lists_referrers_of(&content, &[]);
    repository.push_by_tag(&content);
    repository.holds(&content);
}

/// One answer is a manifest at most, so four of more than a mebibyte do not fit in it.
#[test]
fn more_referrers_than_fit_in_one_answer() {
    let server = super::server();
    let repository = Repository::of(&server, "referrers/pages");
    let mut content = Content::new("referrers/pages");
    let image = content.add_image(&[]);
    for number in 0..4 {
        let mut artifact = content.artifact(DOCUMENT);
        artifact["subject"] = image.clone();
        let text = "x".repeat(1_200_000);
        artifact["annotations"] = json!({"number": number.to_string(), "text": text});
        content.add(artifact, &[]);
    }
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    let expected = content.manifests.iter().skip(1).map(Manifest::listing);
    let expected = sorted(expected.collect());
    let subject = &content.manifests[0].blob.digest;
    for (query, filters) in [
        (String::new(), None),
        (format!("?artifactType={DOCUMENT}"), Some("artifactType")),
    ] {
        let mut next = Some(repository.referrers(subject) + &query);
        let mut found = Vec::new();
        let mut pages = 0;
        while let Some(target) = next {
            let answer = repository.http.get(&target).expect(200);
            assert_eq!(answer.header("content-type"), OCI_INDEX);
            let applied = answer.headers.get("oci-filters-applied");
            assert_eq!(applied.map(|value| value.to_str().unwrap()), filters);
            let page = answer.json()["manifests"].as_array().cloned().unwrap();
            assert!(!page.is_empty() && answer.body.len() <= (4 << 20) + 1000);
            found.extend(page);
            pages += 1;
            assert!(pages <= 4, "pages without end");
            next = next_page(&answer);
        }
        assert!(sorted(found) == expected, "other referrers, {query}");
        assert!(pages > 1, "all in one page");
    }
}
