//! A tree of files as one value, with what differs by nature replaced by placeholders.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wharf_store::{EntryKind, Store, StorePath};
use wharf_store_cloud::CloudStore;

/// Paths and what is there.
pub(crate) struct Tree {
    entries: BTreeMap<String, Entry>,
}

#[derive(PartialEq, Eq)]
enum Entry {
    EmptyDirectory,
    File(Vec<u8>),
    /// A file whose content is one of many that are right.
    Placeholder(&'static str),
}

impl Tree {
    /// Reads distribution's part of the tree below `root`.
    pub(crate) fn read(root: &Path, uploads: &BTreeMap<String, &'static str>) -> Self {
        let mut tree = Self {
            entries: BTreeMap::new(),
        };
        tree.add(&root.join("docker"), "docker", uploads);
        tree
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// One line for each path that is not the same in both.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut paths: Vec<&String> = self.entries.keys().chain(other.entries.keys()).collect();
        paths.sort();
        paths.dedup();
        let mut lines = Vec::new();
        for path in paths {
            let (ours, theirs) = (self.entries.get(path), other.entries.get(path));
            if ours != theirs {
                lines.extend(ours.map(|entry| format!("- {path}: {}", entry.shown())));
                lines.extend(theirs.map(|entry| format!("+ {path}: {}", entry.shown())));
            }
        }
        lines
    }

    /// Returns whether there is anything worth comparing.
    fn add(
        &mut self,
        directory: &Path,
        shown: &str,
        uploads: &BTreeMap<String, &'static str>,
    ) -> bool {
        let mut kept = false;
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let shown = below(shown, name, uploads);
            if path.is_file() {
                if !is_incidental(&shown) {
                    let entry = Entry::of(fs::read(&path).unwrap(), &shown);
                    self.entries.insert(shown, entry);
                    kept = true;
                }
            } else if self.add(&path, &shown, uploads) {
                kept = true;
            } else if !is_left_of_hash_states(&path) {
                self.entries.insert(shown, Entry::EmptyDirectory);
                kept = true;
            }
        }
        kept
    }

    /// Reads distribution's part of a bucket, in which there are no empty directories.
    pub(crate) fn read_store(store: &CloudStore, uploads: &BTreeMap<String, &'static str>) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut entries = BTreeMap::new();
        let mut rest = vec![("docker".to_owned(), "docker".to_owned())];
        while let Some((directory, shown)) = rest.pop() {
            let path = StorePath::new(&directory).unwrap();
            let listing = runtime.block_on(store.list(&path)).unwrap();
            for entry in listing.iter() {
                let path = format!("{directory}/{}", entry.name);
                let shown = below(&shown, entry.name, uploads);
                if entry.kind == EntryKind::Directory {
                    rest.push((path, shown));
                } else if !is_incidental(&shown) {
                    let path = StorePath::new(&path).unwrap();
                    let content = runtime.block_on(store.read(&path, 1 << 30)).unwrap();
                    let entry = Entry::of(content.to_vec(), &shown);
                    entries.insert(shown, entry);
                }
            }
        }
        Self { entries }
    }
}

/// A path in a tree: an upload is shown by what it is for, not by its id.
fn below(shown: &str, name: &str, uploads: &BTreeMap<String, &'static str>) -> String {
    if shown.ends_with("/_uploads") {
        let known = uploads.get(name).copied();
        return format!("{shown}/<{}>", known.unwrap_or("unknown"));
    }
    format!("{shown}/{name}")
}

impl Entry {
    fn of(content: Vec<u8>, shown: &str) -> Self {
        if shown.ends_with("/_uploads/<broken>/data") {
            return Self::Placeholder("a part");
        }
        if shown.ends_with("/startedat") {
            let text = String::from_utf8(content).unwrap();
            assert!(is_time(&text), "{shown}: {text}");
            return Self::Placeholder("a time");
        }
        Self::File(content)
    }

    fn shown(&self) -> String {
        match self {
            Self::EmptyDirectory => "empty directory".to_owned(),
            Self::Placeholder(what) => format!("<{what}>"),
            Self::File(content) if content.len() > 200 => format!("{} bytes", content.len()),
            Self::File(content) => format!("{:?}", String::from_utf8_lossy(content)),
        }
    }
}

/// Hash states that are there or not for no reason that matters: of an upload whose connection
/// broke at a moment of its own, and of no bytes at all, which distribution writes when it opens
/// an upload, and again after it has deleted a cancelled one.
fn is_incidental(shown: &str) -> bool {
    shown.contains("/hashstates/") && (shown.ends_with("/0") || shown.contains("/<broken>/"))
}

/// Whether there is nothing below but directories for incidental hash states.
fn is_left_of_hash_states(directory: &Path) -> bool {
    directory.join("hashstates").is_dir()
        || directory
            .ancestors()
            .take(2)
            .any(|ancestor| ancestor.ends_with("hashstates"))
}

/// `2026-11-21T03:45:00Z`: RFC 3339 in UTC, by whole seconds, as Go writes it.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|char| if char.is_ascii_digit() { '0' } else { char })
        .collect();
    shape == "0000-00-00T00:00:00Z"
}

#[test]
fn differences_are_found() {
    let roots = [(); 2].map(|()| wharf_e2e::scratch::Scratch::new());
    for (root, link) in std::iter::zip(&roots, ["sha256:a", "sha256:b"]) {
        let repository = root.join("docker/registry/v2/repositories/app");
        fs::create_dir_all(repository.join("_layers")).unwrap();
        fs::write(repository.join("link"), link).unwrap();
    }
    let [one, other] = roots.map(|root| Tree::read(root.path(), &BTreeMap::new()));
    let link = "docker/registry/v2/repositories/app/link";
    let expected = [
        format!("- {link}: \"sha256:a\""),
        format!("+ {link}: \"sha256:b\""),
    ];
    assert_eq!(one.differences(&other), expected);
    assert!(one.differences(&one).is_empty());
}
