//! A disk with a cache: what is durable, what is visible, and the changes in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

use super::choices::{Doubt, Fate, Outcome};
use super::{Covered, Ignore, SyncPoint};
use crate::fs::recording::{FileId, Op};

/// The disk at one moment of the log.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) marks: Vec<String>,
    pub(super) syncs: Vec<SyncPoint>,
    /// The first is the base.
    directories: Vec<Directory>,
    files: Vec<Content>,
    by_id: HashMap<FileId, usize>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Directory(usize),
    File(usize),
}

#[derive(Debug, Default)]
struct Directory {
    visible: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    unsynced: Vec<Change>,
}

/// A change of one directory that is there or is not. A rename has two edits.
#[derive(Debug)]
struct Change {
    kind: Covered,
    edits: Vec<(String, Option<Node>)>,
}

#[derive(Debug, Default)]
struct Content {
    path: String,
    synced: usize,
    bytes: Vec<u8>,
    /// Each content it may have after power loss, with its hash: worked out once.
    kept: (Bytes, u64),
    lost: (Bytes, u64),
    cut: (Bytes, u64),
    zeroed: (Bytes, u64),
}

// === impl Model ===

impl Default for Model {
    fn default() -> Self {
        Self {
            marks: vec![],
            syncs: vec![],
            directories: vec![Directory::default()],
            files: vec![],
            by_id: HashMap::new(),
        }
    }
}

impl Model {
    /// Does what the log says, unless it is a sync that is to be ignored. What a log
    /// cannot contain (removing what is not there) does nothing.
    pub(super) fn apply(&mut self, op: &Op, ignore: Option<&Ignore>) {
        match op {
            Op::Mark(label) => self.marks.push(label.clone()),
            Op::MakeDirectory(path) => {
                self.directories.push(Directory::default());
                let node = Node::Directory(self.directories.len() - 1);
                self.change(path, Covered::MakeDirectory, Some(node));
            }
            Op::Create { path, file } => {
                self.files.push(Content {
                    path: path.clone(),
                    ..Content::default()
                });
                let node = self.files.len() - 1;
                self.by_id.insert(*file, node);
                self.change(path, Covered::Create, Some(Node::File(node)));
            }
            Op::Unlink(path) | Op::RemoveDirectory(path) => {
                self.change(path, Covered::Remove, None);
            }
            Op::Rename { from, to } => self.rename(from, to),
            Op::Append { file, content } => {
                if let Some(file) = self
                    .by_id
                    .get(file)
                    .and_then(|file| self.files.get_mut(*file))
                {
                    file.bytes.extend_from_slice(content);
                    file.work_out();
                }
            }
            Op::SyncFile(file) => self.sync_file(*file, ignore),
            Op::SyncDirectory(path) => self.sync_directory(path, ignore),
            Op::SyncEverything => self.sync_everything(ignore),
        }
    }

    /// What may or may not be on the disk, as far as it can be reached at all.
    pub(super) fn doubts(&self) -> Vec<Doubt> {
        let (mut doubts, mut met) = (Vec::new(), BTreeSet::new());
        let mut todo = vec![Node::Directory(0)];
        while let Some(node) = todo.pop() {
            match node {
                Node::File(file) => {
                    if self
                        .files
                        .get(file)
                        .is_some_and(|content| content.synced < content.bytes.len())
                        && met.insert((1, file))
                    {
                        doubts.push(Doubt::Content { file });
                    }
                }
                Node::Directory(directory) if met.insert((0, directory)) => {
                    let Some(entries) = self.directories.get(directory) else {
                        continue;
                    };
                    doubts.extend(
                        (0..entries.unsynced.len()).map(|change| Doubt::Name { directory, change }),
                    );
                    todo.extend(entries.durable.values());
                    todo.extend(
                        entries
                            .unsynced
                            .iter()
                            .flat_map(|change| &change.edits)
                            .filter_map(|(_, node)| *node),
                    );
                }
                Node::Directory(_) => {}
            }
        }
        doubts
    }

    /// The files that are left, and a hash of them and of the marks.
    pub(super) fn files_after(&self, outcome: &Outcome) -> (u64, BTreeMap<String, Bytes>) {
        let (mut files, mut hasher) = (BTreeMap::new(), DefaultHasher::new());
        self.marks.len().hash(&mut hasher);
        let mut todo = vec![(String::new(), 0)];
        while let Some((above, directory)) = todo.pop() {
            for (name, node) in self.names_after(directory, outcome) {
                let path = if above.is_empty() {
                    name
                } else {
                    format!("{above}/{name}")
                };
                match node {
                    Node::Directory(directory) => todo.push((path, directory)),
                    Node::File(file) => {
                        let fate = outcome
                            .get(&Doubt::Content { file })
                            .copied()
                            .unwrap_or(Fate::Kept);
                        let Some((bytes, hash)) =
                            self.files.get(file).map(|content| content.after(fate))
                        else {
                            continue;
                        };
                        (&path, hash).hash(&mut hasher);
                        files.insert(path, bytes.clone());
                    }
                }
            }
        }
        (hasher.finish(), files)
    }

    /// What was lost, in words.
    pub(super) fn describe(&self, outcome: &Outcome) -> Vec<String> {
        let lost = outcome.iter().filter(|(_, fate)| **fate != Fate::Kept);
        let words = |(doubt, fate): (&Doubt, &Fate)| match doubt {
            Doubt::Content { file } => self
                .files
                .get(*file)
                .map(|content| format!("{fate:?}: what was appended to {}", content.path)),
            Doubt::Name { directory, change } => {
                let change = self
                    .directories
                    .get(*directory)
                    .and_then(|directory| directory.unsynced.get(*change));
                change.map(|change| format!("{fate:?}: {change:?}"))
            }
        };
        lost.filter_map(words).collect()
    }

    fn names_after(&self, directory: usize, outcome: &Outcome) -> BTreeMap<String, Node> {
        let Some(entries) = self.directories.get(directory) else {
            return BTreeMap::new();
        };
        let mut names = entries.durable.clone();
        for (number, change) in entries.unsynced.iter().enumerate() {
            if outcome
                .get(&Doubt::Name {
                    directory,
                    change: number,
                })
                .is_none_or(|fate| *fate == Fate::Kept)
            {
                edit(&mut names, &change.edits);
            }
        }
        names
    }

    fn rename(&mut self, from: &str, to: &str) {
        let node = self.find(from);
        if let Some(content) = self.file_mut(node) {
            to.clone_into(&mut content.path);
        }
        let ((directory, name), (other, new)) = (split(from), split(to));
        if directory == other {
            self.change_in(
                directory,
                Covered::Rename,
                vec![(name.to_owned(), None), (new.to_owned(), node)],
            );
        } else {
            self.change(from, Covered::Rename, None);
            self.change(to, Covered::Rename, node);
        }
    }

    fn sync_file(&mut self, file: FileId, ignore: Option<&Ignore>) {
        let Some(file) = self.by_id.get(&file).copied() else {
            return;
        };
        let Some(content) = self.files.get(file) else {
            return;
        };
        let covers = (content.synced < content.bytes.len()).then_some(Covered::Content);
        if self.counts(content.path.clone(), covers.into_iter().collect(), ignore)
            && let Some(content) = self.files.get_mut(file)
        {
            content.synced = content.bytes.len();
            content.work_out();
        }
    }

    fn sync_directory(&mut self, path: &str, ignore: Option<&Ignore>) {
        let Some(Node::Directory(at)) = self.find(path) else {
            return;
        };
        let Some(directory) = self.directories.get(at) else {
            return;
        };
        let covers = directory
            .unsynced
            .iter()
            .map(|change| change.kind)
            .collect();
        if self.counts(path.to_owned(), covers, ignore)
            && let Some(directory) = self.directories.get_mut(at)
        {
            directory.unsynced.clear();
            directory.durable = directory.visible.clone();
        }
    }

    fn sync_everything(&mut self, ignore: Option<&Ignore>) {
        let names = self.directories.iter().flat_map(|directory| {
            let kinds = directory.unsynced.iter().map(|change| change.kind);
            kinds.collect::<Vec<_>>()
        });
        let contents = self
            .files
            .iter()
            .filter(|content| content.synced < content.bytes.len());
        let covers = names.chain(contents.map(|_| Covered::Content)).collect();
        if self.counts("everything".to_owned(), covers, ignore) {
            for directory in &mut self.directories {
                directory.unsynced.clear();
                directory.durable = directory.visible.clone();
            }
            for content in &mut self.files {
                content.synced = content.bytes.len();
                content.work_out();
            }
        }
    }

    /// Notes a sync, and says whether it is done.
    fn counts(&mut self, path: String, covers: BTreeSet<Covered>, ignore: Option<&Ignore>) -> bool {
        let sync = SyncPoint {
            number: self.syncs.len(),
            path,
            covers,
        };
        let counts = ignore.is_none_or(|ignore| !(ignore.0)(&sync));
        self.syncs.push(sync);
        counts
    }

    fn change(&mut self, path: &str, kind: Covered, node: Option<Node>) {
        let (directory, name) = split(path);
        self.change_in(directory, kind, vec![(name.to_owned(), node)]);
    }

    fn change_in(&mut self, directory: &str, kind: Covered, edits: Vec<(String, Option<Node>)>) {
        let Some(Node::Directory(directory)) = self.find(directory) else {
            return;
        };
        if let Some(directory) = self.directories.get_mut(directory) {
            edit(&mut directory.visible, &edits);
            directory.unsynced.push(Change { kind, edits });
        }
    }

    fn find(&self, path: &str) -> Option<Node> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(
            Node::Directory(0),
            |node, name| match node {
                Node::Directory(directory) => {
                    self.directories.get(directory)?.visible.get(name).copied()
                }
                Node::File(_) => None,
            },
        )
    }

    fn file_mut(&mut self, node: Option<Node>) -> Option<&mut Content> {
        match node {
            Some(Node::File(file)) => self.files.get_mut(file),
            Some(Node::Directory(_)) | None => None,
        }
    }
}

// === impl Content ===

impl Content {
    fn after(&self, fate: Fate) -> &(Bytes, u64) {
        match fate {
            Fate::Kept => &self.kept,
            Fate::Lost => &self.lost,
            Fate::Cut => &self.cut,
            Fate::Zeroed => &self.zeroed,
        }
    }

    fn work_out(&mut self) {
        let synced = self.bytes.get(..self.synced).unwrap_or_default();
        let unsynced = self.bytes.get(self.synced..).unwrap_or_default();
        let (half, zeroes) = (
            unsynced.get(..unsynced.len() / 2).unwrap_or_default(),
            vec![0; unsynced.len()],
        );
        let hashed = |end: &[u8]| {
            let (bytes, mut hasher) = ([synced, end].concat(), DefaultHasher::new());
            bytes.hash(&mut hasher);
            (Bytes::from(bytes), hasher.finish())
        };
        (self.kept, self.lost, self.cut, self.zeroed) =
            (hashed(unsynced), hashed(&[]), hashed(half), hashed(&zeroes));
    }
}

fn edit(names: &mut BTreeMap<String, Node>, edits: &[(String, Option<Node>)]) {
    for (name, node) in edits {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
