//! Names of unfinished writes: `<name>.<uuid>.tmp`, as distribution makes them, so
//! that either program can sweep what the other one left.
// distribution: registry/storage/driver/filesystem/driver.go, PutContent

use uuid::Uuid;

/// The longest name that Linux file systems take, in bytes.
const LONGEST: usize = 255;

/// A path beside `path`, in the same directory, for the content until it is complete.
/// Where the name would become too long, the part before the UUID is left out.
pub(super) fn path_beside(path: &str) -> String {
    let suffix = format!(".{}.tmp", Uuid::now_v7());
    let (directory, name) = path
        .rsplit_once('/')
        .map_or((None, path), |(directory, name)| (Some(directory), name));
    let name = if name.len() + suffix.len() > LONGEST {
        suffix
    } else {
        format!("{name}{suffix}")
    };
    directory.map_or_else(|| name.clone(), |directory| format!("{directory}/{name}"))
}

/// True for names that [`path_beside`], or distribution, gives to unfinished writes.
pub(super) fn is_temporary(name: &str) -> bool {
    let uuid = name
        .strip_suffix(".tmp")
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, uuid)| uuid);
    uuid.is_some_and(|uuid| uuid.len() == 36 && Uuid::try_parse(uuid).is_ok())
}

/// The object that an unfinished write was to become, as a path; nothing where its name was
/// too long to stand in that of the write.
pub(super) fn target_of(temporary: &str) -> Option<&str> {
    let (target, _uuid) = temporary.strip_suffix(".tmp")?.rsplit_once('.')?;
    (!target.is_empty() && !target.ends_with('/')).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_names_are_recognised() {
        let long = "n".repeat(250);
        for (path, target) in [
            ("a", Some("a")),
            ("a/b/link", Some("a/b/link")),
            (long.as_str(), None),
        ] {
            let beside = path_beside(path);
            assert_eq!(target_of(&beside), target);
            let (directory, name) = beside.rsplit_once('/').unwrap_or(("", &beside));
            assert!(is_temporary(name), "{name}");
            assert!(name.len() <= LONGEST);
            assert_eq!(
                directory,
                path.rsplit_once('/').map_or("", |(directory, _)| directory)
            );
        }
        for name in [
            "link",
            "a.tmp",
            "a.b.tmp",
            ".tmp",
            "0190b5a8-7c1e-7cc5-8c3e-0123456789ab.tmp",
            "a.0190b5a87c1e7cc58c3e0123456789ab.tmp",
        ] {
            assert!(!is_temporary(name), "{name}");
        }
    }
}
