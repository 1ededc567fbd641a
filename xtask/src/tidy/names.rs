//! A file is named after the thing in it.

use std::path::Path;

use super::Finding;

/// Names that say nothing about what is inside.
const MEANINGLESS: &[&str] = &[
    "utils", "util", "common", "helpers", "helper", "misc", "mod",
];

pub(super) fn check(file: &Path) -> Option<Finding> {
    let stem = file.file_stem()?.to_str()?;
    let numbered = stem
        .strip_prefix("part")
        .is_some_and(|rest| rest.trim_start_matches('_').parse::<u32>().is_ok());
    (numbered || MEANINGLESS.contains(&stem)).then(|| {
        let shown = file.display();
        Finding::Error(format!(
            "{shown}: split by noun, and name the file after it"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaningless_names_are_found() {
        for name in [
            "a/part2.rs",
            "part_3.rs",
            "a/utils.rs",
            "common.rs",
            "foo/mod.rs",
        ] {
            assert!(check(Path::new(name)).is_some(), "{name}");
        }
        for name in ["part.rs", "parties.rs", "digest.rs", "main.rs"] {
            assert!(check(Path::new(name)).is_none(), "{name}");
        }
    }
}
