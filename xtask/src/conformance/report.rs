//! The suite's `junit.xml`: one `<testcase>` per leaf of the tree of tests, and totals that
//! count the inner nodes too.

use std::fmt;

use anyhow::{Context, Result, bail};

/// How the cases ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) cases: usize,
    pub(crate) failures: usize,
    pub(crate) skips: usize,
    /// `outcome: name` of each case that did not pass.
    pub(crate) not_passed: Vec<String>,
    /// Failures, errors and skips in the totals, inner nodes included.
    totals: usize,
}

impl Counts {
    pub(crate) fn parse(junit: &str) -> Result<Self> {
        let mut counts = Self::default();
        for tag in tags(junit, "<testcase ") {
            let status = attribute(tag, "status").context("a test case without a status")?;
            counts.cases += 1;
            match status {
                "passed" => continue,
                "skipped" => counts.skips += 1,
                _ => counts.failures += 1,
            }
            let name = attribute(tag, "name").unwrap_or("?");
            counts.not_passed.push(format!("{status}: {name}"));
        }
        if counts.cases == 0 {
            bail!("the report holds no test case");
        }
        for tag in tags(junit, "<testsuite ") {
            for kind in ["failures", "errors", "skipped", "disabled"] {
                let count = attribute(tag, kind).map_or(Ok(0), str::parse::<usize>)?;
                counts.totals += count;
            }
        }
        Ok(counts)
    }

    /// Nothing failed and nothing was skipped: a suite that tested less did not pass.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures == 0 && self.skips == 0 && self.totals == 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cases,
            failures,
            skips,
            ..
        } = self;
        write!(out, "{cases} cases, {failures} failures, {skips} skips")
    }
}

/// The opening tags; Go's encoder escapes `>` and `"` inside attributes.
fn tags<'a>(xml: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    xml.split(start)
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    tag.get(start..)?.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(header: &str, statuses: &[&str]) -> String {
        let cases: String = statuses
            .iter()
            .map(|status| {
                format!(r#"<testcase name="a/{status}" classname="" status="{status}"></testcase>"#)
            })
            .collect();
        format!("<testsuites><testsuite name=\"OCI\" {header}>{cases}</testsuite></testsuites>")
    }

    #[test]
    fn clean_only_when_all_passed() {
        let clean = r#"tests="2" failures="0" errors="0" skipped="0""#;
        let counts = Counts::parse(&report(clean, &["passed", "passed"])).unwrap();
        assert_eq!((counts.cases, counts.is_clean()), (2, true));
        for status in ["skipped", "failure", "error"] {
            let counts = Counts::parse(&report(clean, &["passed", status])).unwrap();
            assert!(!counts.is_clean(), "{status}");
            assert_eq!(counts.not_passed, [format!("{status}: a/{status}")]);
        }
    }

    #[test]
    fn totals_count_too() {
        let disabled = r#"tests="2" failures="0" errors="0" disabled="1""#;
        assert!(
            !Counts::parse(&report(disabled, &["passed"]))
                .unwrap()
                .is_clean()
        );
    }

    #[test]
    fn an_empty_report_is_no_pass() {
        Counts::parse(&report("", &[])).unwrap_err();
    }
}
