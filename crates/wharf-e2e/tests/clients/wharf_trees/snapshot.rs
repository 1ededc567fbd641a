//! Everything the system tells of a tree.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{lgetxattr, llistxattr};

/// How closely it is looked at: other programs do not keep all.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// Nanoseconds of times, or whole seconds.
    pub(crate) nanoseconds: bool,
    /// Extended attributes whose names begin so.
    pub(crate) xattrs: &'static str,
    /// Paths that are left out, with what is in them.
    pub(crate) without: &'static [&'static str],
}

impl Look {
    pub(crate) const CLOSE: Self = Self {
        nanoseconds: true,
        xattrs: "",
        without: &[],
    };
}

type Snapshot = BTreeMap<String, String>;

/// A line for each path, the root included.
pub(crate) fn snapshot(root: &Path, look: Look) -> Snapshot {
    let mut found = Snapshot::new();
    let mut inodes = HashMap::new();
    walk(root, root, look, &mut inodes, &mut found);
    found
}

/// Tells only where two differ.
pub(crate) fn assert_same(ours: &Snapshot, theirs: &Snapshot, who: &str) {
    let mut differences = Vec::new();
    for (path, line) in ours {
        match theirs.get(path) {
            Some(other) if other == line => {}
            other => differences.push(format!("{path}\n  wharf: {line}\n  {who}: {other:?}")),
        }
    }
    for (path, line) in theirs.iter().filter(|(path, _)| !ours.contains_key(*path)) {
        differences.push(format!("{path}\n  only {who}: {line}"));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn walk(
    root: &Path,
    path: &Path,
    look: Look,
    inodes: &mut HashMap<u64, String>,
    found: &mut Snapshot,
) {
    let name = path.strip_prefix(root).unwrap();
    let name = name.as_os_str().as_bytes().escape_ascii().to_string();
    if look.without.contains(&name.as_str()) {
        return;
    }
    let line = line(path, &name, look, inodes);
    found.insert(name, line);
    if path.symlink_metadata().unwrap().is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for entry in entries {
            walk(root, &entry, look, inodes, found);
        }
    }
}

fn line(path: &Path, name: &str, look: Look, inodes: &mut HashMap<u64, String>) -> String {
    let it = path.symlink_metadata().unwrap();
    let kind = it.file_type();
    let what = if kind.is_file() {
        let mut hasher = DefaultHasher::new();
        fs::read(path).unwrap().hash(&mut hasher);
        format!("file of {} with {:x}", it.size(), hasher.finish())
    } else if kind.is_symlink() {
        let target = fs::read_link(path).unwrap();
        format!("link to {}", target.as_os_str().as_bytes().escape_ascii())
    } else if kind.is_char_device() || kind.is_block_device() {
        format!("device {:x}", it.rdev())
    } else {
        format!("{kind:?}")
    };
    let first = inodes.entry(it.ino()).or_insert_with(|| name.to_owned());
    let same = (*first != name).then(|| format!(" same as {first}"));
    let nanoseconds = if look.nanoseconds { it.mtime_nsec() } else { 0 };
    format!(
        "{what} mode {:o} owner {}:{} at {}.{nanoseconds}{}{}",
        it.mode(),
        it.uid(),
        it.gid(),
        it.mtime(),
        same.unwrap_or_default(),
        xattrs(path, look.xattrs)
    )
}

fn xattrs(path: &Path, prefix: &str) -> String {
    let mut buffer = vec![0; 65536];
    let length = llistxattr(path, &mut buffer[..]).unwrap_or(0);
    let names = buffer[..length].to_vec();
    let mut told = Vec::new();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        if name.starts_with(prefix.as_bytes()) {
            let length = lgetxattr(path, name, &mut buffer[..]).unwrap();
            let value = buffer[..length].escape_ascii();
            told.push(format!(" {}={value}", name.escape_ascii()));
        }
    }
    told.sort();
    told.concat()
}
