//! Removing a store of half a million directories. On a file system that discards what it frees
//! at once, each takes a millisecond of waiting: many threads wait side by side.

use std::path::{Path, PathBuf};

const THREADS: usize = 32;
/// Down to here, a directory may hold most of a store: distribution's tree has its tags there.
const DEEP: usize = 10;
/// A directory of more is not left to one thread.
const FEW: usize = 32;

/// Removes all of it; what cannot be removed stays.
pub fn remove(root: &Path) {
    let mut level = vec![root.to_owned()];
    let mut depth = 0;
    while !level.is_empty() {
        level = remove_level(root, &level, depth);
        depth += 1;
    }
    _ = std::fs::remove_dir_all(root);
}

/// Removes large files only: they are few, and take the room.
pub fn remove_files_larger_than(bytes: u64, root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => remove_files_larger_than(bytes, &path),
            Ok(metadata) if metadata.len() > bytes => _ = std::fs::remove_file(&path),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Removes what one thread can, and returns the directories to go on with.
fn remove_level(root: &Path, level: &[PathBuf], depth: usize) -> Vec<PathBuf> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = level
            .chunks(level.len().div_ceil(THREADS))
            .enumerate()
            .map(|(number, paths)| scope.spawn(move || remove_some(root, paths, depth, number)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    })
}

fn remove_some(root: &Path, paths: &[PathBuf], depth: usize, number: usize) -> Vec<PathBuf> {
    // Two threads cannot remove from one directory at once: each has one of its own.
    let own = root.join(format!("removed-{depth}-{number}"));
    _ = std::fs::create_dir(&own);
    let mut left = Vec::new();
    for path in paths {
        let children = directories(path);
        if depth < DEEP || children.len() > FEW {
            left.extend(children);
        } else {
            let moved = own.join("one");
            _ = std::fs::rename(path, &moved);
            _ = std::fs::remove_dir_all(&moved);
        }
    }
    _ = std::fs::remove_dir(&own);
    left
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_go_and_small_ones_stay() {
        let root = std::env::temp_dir().join(format!("wharf-bench-large-{}", std::process::id()));
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for (name, size) in [("a/b/large", 101), ("a/b/small", 100), ("large", 200)] {
            std::fs::write(root.join(name), vec![0; size]).unwrap();
        }
        remove_files_larger_than(100, &root);
        let left = ["a/b/large", "a/b/small", "large"].map(|name| root.join(name).exists());
        assert_eq!(left, [false, true, false]);
        remove(&root);
    }

    #[test]
    fn nothing_is_left() {
        let root = std::env::temp_dir().join(format!("wharf-bench-removal-{}", std::process::id()));
        for at in 0..200 {
            let path = root.join(format!("a/b/c/d/e/f/g/h/i/{at}/j/k"));
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("file"), "x").unwrap();
        }
        remove(&root);
        assert!(!root.exists());
    }
}
