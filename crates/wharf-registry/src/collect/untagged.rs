//! What becomes of manifests without a tag.

use std::time::Duration;

use wharf_spec::RepositoryName;

/// What becomes of manifests without a tag, unless a manifest that stays lists them or is
/// their subject.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Untagged {
    /// They stay.
    #[default]
    Keep,
    /// They go (distribution: `garbage-collect --delete-untagged`).
    All,
    /// The first rule that fits a repository decides; where none does, they stay.
    Rules(Vec<UntaggedRule>),
}

/// When manifests without a tag go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UntaggedRule {
    /// Repositories by pattern: `*` stands for any characters but `/`, `**` for any part of
    /// the path.
    pub repositories: Vec<String>,
    /// How long after they were last written or touched; zero for never.
    pub age: Duration,
}

/// What becomes of those of one repository.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Stay,
    /// They may go when nobody has touched them for so long.
    MayGo(Duration),
}

// === impl Untagged ===

impl Untagged {
    pub(crate) fn fate(&self, repository: &RepositoryName) -> Fate {
        let rules = match self {
            Self::Keep => return Fate::Stay,
            Self::All => return Fate::MayGo(Duration::ZERO),
            Self::Rules(rules) => rules,
        };
        let name = repository.to_string();
        let fits = |pattern: &String| fast_glob::glob_match(pattern, &name);
        match rules.iter().find(|rule| rule.repositories.iter().any(fits)) {
            Some(rule) if rule.age.is_zero() => Fate::Stay,
            Some(rule) => Fate::MayGo(rule.age),
            None => Fate::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rule = |pattern: &str, days: u64| UntaggedRule {
            repositories: vec![pattern.to_owned()],
            age: Duration::from_hours(24 * days),
        };
        let rules = Untagged::Rules(vec![
            rule("ci/keep", 0),
            rule("ci/**", 1),
            rule("library/*", 2),
        ]);
        for (name, days) in [
            ("ci/keep", None),
            ("ci/a/b", Some(1)),
            ("library/a", Some(2_u64)),
            ("library/a/b", None),
            ("other", None),
        ] {
            let fate = match days {
                Some(days) => Fate::MayGo(Duration::from_hours(24 * days)),
                None => Fate::Stay,
            };
            assert_eq!(rules.fate(&name.parse().unwrap()), fate, "{name}");
        }
    }
}
