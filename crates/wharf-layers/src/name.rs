//! Paths of entries, checked.

use crate::error::Refusal;

/// A path below the root, without `.`, `..` and empty parts; empty for the root itself.
///
/// A slash at the beginning means the root, as for Docker: images made by kaniko and Bazel have
/// such names (kaniko#1375, charliecloud#1170).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EntryPath(Vec<u8>);

/// How deep directories may lie within each other. Each level needs two open files when a tree
/// is removed.
pub(crate) const MOST_DEPTH: usize = 256;
/// How many symbolic links of a path are followed: as many as by Linux (path_resolution(7)).
pub(crate) const MOST_LINKS: usize = 40;
/// How many names are looked up for one path: links of links, of which each goes up and down a
/// deep tree, would keep us busy for seconds.
pub(crate) const MOST_LOOKUPS: usize = 2048;
/// Linux: `NAME_MAX`
const MOST_NAME: usize = 255;
/// Linux: `PATH_MAX`, with the NUL
const MOST_PATH: usize = 4095;

// === impl EntryPath ===

impl EntryPath {
    pub(crate) fn parse(name: &[u8]) -> Result<Self, Refusal> {
        if name.is_empty() {
            return Err(Refusal::EmptyName);
        }
        check_bytes(name)?;
        let mut path = Vec::with_capacity(name.len());
        let mut depth = 0;
        for part in name.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => continue,
                b".." => return Err(Refusal::DotDot),
                _ if part.len() > MOST_NAME => return Err(Refusal::NameTooLong),
                _ => join(&mut path, part),
            }
            depth += 1;
        }
        if depth > MOST_DEPTH {
            return Err(Refusal::TooDeep);
        }
        Ok(Self(path))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory it is in, and its name there; two empty texts for the root.
    pub(crate) fn split(&self) -> (&[u8], &[u8]) {
        match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => {
                let (parent, name) = self.0.split_at(slash);
                (parent, name.get(1..).unwrap_or_default())
            }
            None => (&[], &self.0),
        }
    }
}

/// Whether a system call takes it as a path or as the target of a symbolic link.
pub(crate) fn check_bytes(name: &[u8]) -> Result<(), Refusal> {
    if name.contains(&0) {
        return Err(Refusal::Nul);
    }
    if name.len() > MOST_PATH {
        return Err(Refusal::PathTooLong);
    }
    Ok(())
}

/// Goes from a directory to what is called `name` there.
pub(crate) fn join(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend(name);
}

/// Goes back from a path to the directory it is in.
pub(crate) fn pop(path: &mut Vec<u8>) {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.truncate(slash.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |name: &[u8], expected: Result<&[u8], Refusal>| {
            let found = EntryPath::parse(name);
            assert_eq!(
                found.as_ref().map(EntryPath::bytes),
                expected.as_ref().copied()
            );
        };
        check(b"./a//b/", Ok(b"a/b"));
        check(b"/a", Ok(b"a"));
        check(b"./", Ok(b""));
        check(b"/", Ok(b""));
        check(b"", Err(Refusal::EmptyName));
        check(b"a/../b", Err(Refusal::DotDot));
        check(b"a\0b", Err(Refusal::Nul));
        check(&[b'a'; 256], Err(Refusal::NameTooLong));
        check(&b"ab/".repeat(1366), Err(Refusal::PathTooLong));
        check(&b"a/".repeat(257), Err(Refusal::TooDeep));
    }

    #[test]
    fn a_path_is_split_at_its_last_slash() {
        let split = |name: &[u8]| {
            let path = EntryPath::parse(name).unwrap();
            let (parent, name) = path.split();
            (parent.to_owned(), name.to_owned())
        };
        assert_eq!(split(b"a/b/c"), (b"a/b".to_vec(), b"c".to_vec()));
        assert_eq!(split(b"a"), (vec![], b"a".to_vec()));
        assert_eq!(split(b"/"), (vec![], vec![]));
    }
}
