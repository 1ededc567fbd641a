//! Each threat of `docs/security.md` has tests, and they are there.

use std::collections::BTreeSet;

use super::Finding;

/// What stands there in the place of tests, with the reason behind it.
const NONE: &str = "none: ";

/// `tests` are the names of all there are.
pub(crate) fn check(page: &str, tests: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_of_threats = false;
    let mut threats = 0;
    for (number, line) in (1..).zip(page.lines()) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", threat, _, named, ""] = *cells else {
            is_of_threats = false;
            continue;
        };
        if threat == "threat" {
            is_of_threats = true;
            continue;
        }
        if !is_of_threats || threat.starts_with("---") {
            continue;
        }
        threats += 1;
        let mut error = |text: &str| {
            findings.push(Finding::Error(format!(
                "docs/security.md:{number}: {threat}: {text}"
            )));
        };
        let mut names = named.split('`').skip(1).step_by(2).peekable();
        if names.peek().is_none() && !named.starts_with(NONE) {
            error("name the tests that show it, or say `none: ` and why");
        }
        for name in names.filter(|name| !tests.contains(*name)) {
            error(&format!("there is no test {name}"));
        }
    }
    if threats == 0 {
        let text = "docs/security.md: no table begins with | threat |";
        findings.push(Finding::Error(text.to_owned()));
    }
    findings
}

/// The names of the tests in a file of Rust: of functions below an attribute that ends with
/// `test`, with or without arguments.
pub(crate) fn tests(source: &str) -> impl Iterator<Item = String> + '_ {
    let mut is_test = false;
    source.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= path.rsplit("::").next() == Some("test");
            return None;
        }
        let (_, signature) = line.split_once("fn ")?;
        let name = signature.split('(').next().unwrap_or_default().to_owned();
        std::mem::take(&mut is_test).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "#[test]\nfn one() {}\nfn none() {}\n\
        #[tokio::test(start_paused = true)]\n#[cfg(unix)]\nasync fn two() {}\n#[cfg(test)]\nfn no() {}\n";

    #[test]
    fn tests_are_told_from_other_functions() {
        assert_eq!(tests(SOURCE).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn threats_without_tests_are_found() {
        let page = "| threat | what | tests |\n|---|---|---|\n\
            | a | `b` | `one`, `two` |\n| b | c | none: it cannot be shown |\n\
            | c | d | |\n| d | e | `one`, `gone` |\n\n| asset | in | `place` |\n";
        let findings = check(page, &tests(SOURCE).collect());
        let error = |text: &str| Finding::Error(format!("docs/security.md:{text}"));
        assert_eq!(
            findings,
            [
                error("5: c: name the tests that show it, or say `none: ` and why"),
                error("6: d: there is no test gone"),
            ]
        );
        assert_eq!(check("", &BTreeSet::new()).len(), 1);
    }
}
