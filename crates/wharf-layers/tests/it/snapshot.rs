//! Everything the system tells of a tree.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A line for each file: what it is, and all that changes if somebody touches it, its content
/// included, but for the time of the last access.
pub(crate) fn snapshot(directory: &Path) -> Vec<String> {
    let mut lines = vec![line(directory)];
    let mut entries: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.symlink_metadata().unwrap().is_dir() {
            lines.extend(snapshot(&path));
        } else {
            lines.push(line(&path));
        }
    }
    lines
}

fn line(path: &Path) -> String {
    let found = path.symlink_metadata().unwrap();
    let content = if found.is_file() {
        fs::read(path).unwrap()
    } else {
        Vec::new()
    };
    format!(
        "{} inode {} mode {:o} links {} owner {}:{} size {} changed {}.{} {}.{} content {}",
        path.as_os_str().as_bytes().escape_ascii(),
        found.ino(),
        found.mode(),
        found.nlink(),
        found.uid(),
        found.gid(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
        content.escape_ascii(),
    )
}
