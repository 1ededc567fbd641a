//! Tags that stand for releases: where there is no tag `1.2`, the newest `1.2.N`.

use std::str::FromStr;

use wharf_spec::{Page, Tag};

use crate::{Error, Repository, Result};

/// In which repositories tags stand for releases, by pattern: `*` stands for any characters but
/// `/`, `**` for any part of the path. In none by default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Releases(pub Vec<String>);

/// A tag as far as it names a version (Semantic Versioning 2.0.0, sections 2, 9 and 11): `1`,
/// `v1.2`, `1.2.3-alpine`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Version<'a> {
    /// What stands before the numbers: `v`, or nothing.
    prefix: &'a str,
    numbers: Vec<u64>,
    /// What comes after them, with its `-`; a release has the same as the tag that stands for
    /// it, so that `1-alpine` never stands for `1.2.3`, nor `1` for `1.2.3-rc.1`.
    suffix: &'a str,
}

// === impl Repository ===

impl Repository {
    /// The newest release that a tag stands for which is not there itself: of `1.2`, the
    /// `1.2.N` with the greatest N; of `1`, the greatest `1.M.N`. `None` if the tag is no such
    /// one, if there is no release, or if the operator does not want it in this repository.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn newest_release(&self, tag: &Tag) -> Result<Option<Tag>> {
        let wanted = Version::of(tag.as_str()).filter(|it| it.numbers.len() < FULL);
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        if !self.registry.options.releases.is_in(self.name.as_str()) {
            return Ok(None);
        }
        // One that is there and leads to nothing that can be read stands for itself.
        if self.tag_target(tag).await?.is_some() {
            return Ok(None);
        }
        let beginning = wanted.beginning();
        let mut newest: Option<(Vec<u64>, Tag)> = None;
        let mut page = Page {
            n: Some(AT_ONCE),
            last: Some(beginning.clone()),
        };
        loop {
            let (tags, has_more) = match self.tags(&page).await {
                Ok(found) => found,
                Err(Error::RepositoryUnknown(_)) => return Ok(None),
                Err(error) => return Err(error),
            };
            let candidates = tags.iter().take_while(|tag| tag.starts_with(&beginning));
            for candidate in candidates {
                let Some(version) = Version::of(candidate).filter(|it| it.is_of(&wanted)) else {
                    continue;
                };
                let is_newer = newest
                    .as_ref()
                    .is_none_or(|(numbers, _)| *numbers < version.numbers);
                if let (true, Ok(tag)) = (is_newer, Tag::from_str(candidate)) {
                    newest = Some((version.numbers, tag));
                }
            }
            page.last = tags.last().map(str::to_owned);
            let is_beyond = |last: &String| !last.starts_with(&beginning);
            if !has_more || page.last.as_ref().is_none_or(is_beyond) {
                return Ok(newest.map(|(_, tag)| tag));
            }
        }
    }
}

// === impl Releases ===

impl Releases {
    fn is_in(&self, repository: &str) -> bool {
        let fits = |pattern: &String| fast_glob::glob_match(pattern, repository);
        self.0.iter().any(fits)
    }
}

// === impl Version ===

impl<'a> Version<'a> {
    /// `None` for what names none: without a number, with more than three, or with one that
    /// begins with a zero.
    fn of(tag: &'a str) -> Option<Self> {
        let (prefix, rest) = match tag.strip_prefix('v') {
            Some(rest) => ("v", rest),
            None => ("", tag),
        };
        let (numbers, suffix) = rest.split_at(rest.find('-').unwrap_or(rest.len()));
        let is_legal = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_digit())
                && (part == "0" || !part.starts_with('0'))
        };
        let numbers = numbers.split('.').map(|part| {
            let number = is_legal(part).then(|| part.parse().ok());
            number.flatten()
        });
        let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
        (numbers.len() <= FULL && suffix != "-").then_some(Self {
            prefix,
            numbers,
            suffix,
        })
    }

    /// What the tags of all its releases begin with.
    fn beginning(&self) -> String {
        let numbers = self.numbers.iter().map(|number| format!("{number}."));
        format!("{}{}", self.prefix, numbers.collect::<String>())
    }

    /// Whether it is a release of this kind.
    fn is_of(&self, wanted: &Self) -> bool {
        self.numbers.len() == FULL
            && self.numbers.starts_with(&wanted.numbers)
            && (self.prefix, self.suffix) == (wanted.prefix, wanted.suffix)
    }
}

/// Numbers of a version that is whole.
const FULL: usize = 3;
/// Tags that are asked for together.
const AT_ONCE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_tags() {
        for (tag, prefix, numbers, suffix) in [
            ("1", "", &[1][..], ""),
            ("v1.2", "v", &[1, 2], ""),
            ("1.2.3", "", &[1, 2, 3], ""),
            ("0.10.0-rc.1", "", &[0, 10, 0], "-rc.1"),
            ("3-alpine", "", &[3], "-alpine"),
            ("18446744073709551615", "", &[u64::MAX], ""),
        ] {
            let version = Version {
                prefix,
                numbers: numbers.to_vec(),
                suffix,
            };
            assert_eq!(Version::of(tag), Some(version), "{tag}");
        }
        for tag in [
            "latest",
            "v",
            "",
            "1.",
            "1..2",
            "01",
            "1.02",
            "1.2.3.4",
            "1.x",
            "1-",
            "vv1",
            "V1",
            "1_2",
            "18446744073709551616",
        ] {
            assert_eq!(Version::of(tag), None, "{tag}");
        }
    }
}
