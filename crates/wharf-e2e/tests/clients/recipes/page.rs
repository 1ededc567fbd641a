//! `docs/authentication.md`, by its headings.

use std::path::Path;

/// What stands between two fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A file, or a part of one.
    Yaml(String),
    /// Lines for a shell.
    Shell(String),
    /// What somebody is told.
    Other,
}

/// The page as it stands.
pub(super) fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authentication.md");
    std::fs::read_to_string(path).unwrap()
}

/// The headings that have blocks, each with its blocks.
pub(super) fn sections(page: &str) -> Vec<(&str, Vec<Block>)> {
    let mut sections = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let (heading, text) = section.split_once('\n').unwrap();
        let fenced: Vec<_> = text.split("```").collect();
        assert!(fenced.len() % 2 == 1, "a fence of {heading} is not closed");
        let blocks: Vec<_> = fenced.into_iter().skip(1).step_by(2).map(block).collect();
        if !blocks.is_empty() {
            sections.push((heading, blocks));
        }
    }
    sections
}

/// The blocks below a heading.
pub(super) fn blocks(heading: &str) -> Vec<Block> {
    let page = page();
    let found = sections(&page).into_iter().find(|(it, _)| *it == heading);
    found
        .unwrap_or_else(|| panic!("no blocks below {heading}"))
        .1
}

fn block(fenced: &str) -> Block {
    let (language, text) = fenced.split_once('\n').unwrap();
    match language {
        "yaml" => Block::Yaml(text.to_owned()),
        "sh" => Block::Shell(text.to_owned()),
        _ => Block::Other,
    }
}
