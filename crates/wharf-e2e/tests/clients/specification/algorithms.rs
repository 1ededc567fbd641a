//! Digests by sha512, and tags in the query.

use super::blob::Algorithm;
use super::content::{Content, DOCUMENT, index};

/// An index of two images with an artifact about it.
fn add_everything(content: &mut Content, tags: &[Vec<&str>; 3]) {
    let children = [content.add_image(&tags[0]), content.add_image(&tags[1])];
    let subject = content.add(index(&children), &tags[2]);
    let mut artifact = content.artifact(DOCUMENT);
    artifact["subject"] = subject;
    content.add(artifact, &[]);
}

/// Nothing has a tag here.
#[test]
fn everything_in_sha512() {
    let mut content = Content::new("sha512").in_sha512();
    add_everything(&mut content, &[vec![], vec![], vec![]]);
    content.lives();
}

#[test]
fn tags_in_the_query_with_sha256() {
    tags_in_the_query(Content::new("query-sha256").tagged_by_parameter());
}

#[test]
fn tags_in_the_query_with_sha512() {
    tags_in_the_query(Content::new("query-sha512").in_sha512());
}

/// More than the ten that the specification wants at least. The order of the pushes is not
/// that of the list.
fn tags_in_the_query(mut content: Content) {
    let many = "v1.2.3 v1.2 v1 latest Stable edge 9 10 _a a-b a.b a_b";
    let many: Vec<&str> = many.split(' ').collect();
    assert!(many.len() > 10);
    add_everything(&mut content, &[vec!["one"], vec![], many]);
    content.lives();
}

/// A manifest of one kind may refer to things of the other kind.
#[test]
fn sha256_and_sha512_in_one_image() {
    let mut content = Content::new("mixed");
    let first = content.add_image(&["first"]);
    content.algorithm = Algorithm::Sha512;
    let second = content.add_image(&[]);
    content.algorithm = Algorithm::Sha256;
    let mut both = content.plain_image();
    content.algorithm = Algorithm::Sha512;
    both["config"] = content.config();
    content.algorithm = Algorithm::Sha256;
    let third = content.add(both, &["third"]);
    content.add(index(&[first, second, third]), &["all"]);
    content.lives();
}
