//! Image indexes.

use super::content::{Content, index};

#[test]
fn an_index() {
    let mut content = Content::new("index");
    let children = [content.add_image(&[]), content.add_image(&[])];
    content.add(index(&children), &["index"]);
    content.lives();
}

#[test]
fn an_index_of_indexes() {
    let mut content = Content::new("nested");
    let mut indexes = Vec::new();
    for _ in 0..2 {
        let children = [content.add_image(&[]), content.add_image(&[])];
        indexes.push(content.add(index(&children), &[]));
    }
    content.add(index(&indexes), &["nested"]);
    content.lives();
}

#[test]
fn an_empty_index() {
    let mut content = Content::new("empty-index");
    content.add(index(&[]), &["empty"]);
    content.lives();
}

#[test]
fn an_index_and_its_children_with_tags() {
    let mut content = Content::new("tagged-children");
    let children = ["amd64", "arm64"].map(|tag| content.add_image(&[tag]));
    content.add(index(&children), &["both", "latest"]);
    content.lives();
}
