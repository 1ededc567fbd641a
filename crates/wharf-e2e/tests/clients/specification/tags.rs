//! The list of tags, page by page.

use super::content::{Content, Manifest};
use super::repository::{Repository, refused};

/// In the order of their bytes, which is not that of a dictionary.
const TAGS: [&str; 12] = [
    "0", "1.10", "1.9", "10", "A", "Z", "_", "a", "a-b", "a.b", "aa", "z",
];

fn tagged(repository: &Repository<'_>) -> Vec<String> {
    let mut content = Content::new("tags/list").tagged_by_parameter();
    let shuffled: Vec<&str> = (0..TAGS.len()).map(|n| TAGS[n * 5 % TAGS.len()]).collect();
    content.add_image(&shuffled);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    TAGS.map(str::to_owned).to_vec()
}

#[test]
fn every_page_of_every_size() {
    let server = super::server();
    let repository = Repository::of(&server, "tags/pages");
    let tags = tagged(&repository);
    repository.lists_tags(&tags);
    for n in 1..=tags.len() + 1 {
        repository.lists_tags_in_pages(&tags, n);
    }
}

#[test]
fn the_tags_after_a_text() {
    let server = super::server();
    let repository = Repository::of(&server, "tags/after");
    let tags = tagged(&repository);
    // Tags, and what would stand between, before and after them.
    let texts = TAGS
        .into_iter()
        .chain(["-", "1", "1.1", "B", "a.a", "ab", "y", "zz"]);
    for last in texts {
        let after = tags.iter().filter(|tag| tag.as_str() > last);
        let after: Vec<String> = after.cloned().collect();
        let (found, link) = repository.tag_page(&repository.tags(&format!("?last={last}")));
        assert_eq!((found, link), (after.clone(), None), "after {last}");
        for n in [1, 2, 5, 100] {
            let target = repository.tags(&format!("?n={n}&last={last}"));
            let (found, link) = repository.tag_page(&target);
            assert_eq!(found, after[..after.len().min(n)], "{target}");
            assert_eq!(link.is_some(), after.len() > n, "{target}");
        }
    }
}

#[test]
fn no_tags_are_asked_for() {
    let server = super::server();
    let repository = Repository::of(&server, "tags/none");
    tagged(&repository);
    for query in ["?n=0", "?n=0&last=A", "?last=A&n=0", "?last=zz&n=0"] {
        let page = repository.tag_page(&repository.tags(query));
        assert_eq!(page, (vec![], None), "{query}");
    }
}

#[test]
fn a_repository_without_tags() {
    let server = super::server();
    let repository = Repository::of(&server, "tags/empty");
    for query in ["", "?n=0", "?n=10", "?last=a"] {
        let get = repository.http.get(&repository.tags(query));
        refused(get, 404, "NAME_UNKNOWN");
    }
    let mut content = Content::new("tags/empty");
    content.add_image(&[]);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    repository.lists_tags(&[]);
}

#[test]
fn a_tag_goes_to_what_was_pushed_last() {
    let server = super::server();
    let repository = Repository::of(&server, "tags/moving");
    let mut content = Content::new("tags/moving");
    content.add_image(&[]);
    content.add_image(&[]);
    repository.upload_all(&content);
    repository.push_by_tag(&content);
    let [first, second] = content.manifests.as_slice() else {
        panic!("two manifests");
    };
    let tag = repository.manifest("moving");
    let by_query = |manifest: &Manifest| {
        let path = repository.manifest(&manifest.blob.digest);
        format!("{path}?tag=moving")
    };
    for (manifest, target) in [
        (first, tag.clone()),
        (second, tag.clone()),
        (first, by_query(first)),
        (first, tag.clone()),
        (second, by_query(second)),
    ] {
        repository.put_call(&target, manifest).expect(201);
        repository.serves_manifest(&tag, manifest);
        repository.lists_tags(&["moving".to_owned()]);
    }
    // What the tag left is still there, and deleting it leaves the tag where it is.
    let left = repository.manifest(&first.blob.digest);
    repository.serves_manifest(&left, first);
    repository.delete(&left, "MANIFEST_UNKNOWN");
    repository.serves_manifest(&tag, second);
}
