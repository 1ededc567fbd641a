//! A file that a reader can hold in the head.

use std::path::Path;

use super::Finding;

const HARD_LIMIT: usize = 700;
const SOFT_LIMIT: usize = 400;

pub(super) fn check(file: &Path, lines: usize) -> Option<Finding> {
    let shown = file.display();
    if lines > HARD_LIMIT {
        let text = format!("{shown} has {lines} lines, more than {HARD_LIMIT}");
        return Some(Finding::Error(text));
    }
    (lines > SOFT_LIMIT)
        .then(|| Finding::Warning(format!("{shown} has {lines} lines, more than {SOFT_LIMIT}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let file = Path::new("a.rs");
        assert_eq!(check(file, 400), None);
        assert!(matches!(check(file, 401), Some(Finding::Warning(_))));
        assert!(matches!(check(file, 700), Some(Finding::Warning(_))));
        assert!(matches!(check(file, 701), Some(Finding::Error(_))));
    }
}
