//! The same answers: every request of a table goes to distribution 2.8, to distribution v3 and
//! to `wharf`, and whatever differs has a reason, which users can read in `docs/differences.md`.

use std::collections::BTreeSet;
use std::path::Path;

use wharf_e2e::command::Run;
use wharf_e2e::server::Kind;

mod answer;
mod case;
mod cases;
mod comparison;
mod content;
mod conversation;
mod difference;
mod everywhere;
mod findings;
mod page;

use answer::Answer;
use content::Content;
use findings::{Findings, Trio};
use page::Versions;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/differences.md");

/// How to write the page again.
const COMMAND: &str = "WHARF_DIFFERENCES=write cargo xtask e2e oracle";

#[test]
fn every_difference_has_a_reason_and_is_documented() {
    let content = Content::write();
    let cases = cases::all();
    let answers: [Vec<Answer>; 3] = std::thread::scope(|scope| {
        let kinds = [Kind::Debian, Kind::V3, Kind::Wharf];
        let (cases, content) = (&cases, &content);
        kinds
            .map(|kind| scope.spawn(move || conversation::answers(kind, cases, content)))
            .map(|thread| thread.join().unwrap())
    });
    let trios: Vec<Trio<'_>> = (0..cases.len())
        .map(|number| answers.each_ref().map(|answers| &answers[number]))
        .collect();
    let findings = Findings::of(&cases, &trios);
    assert!(findings.faults.is_empty(), "{}", findings.faults.join("\n"));

    let versions = Versions {
        debian: version("docker-registry"),
        v3: version("registry"),
    };
    let page = page::page(&findings, &versions);
    if std::env::var("WHARF_DIFFERENCES").is_ok_and(|wish| wish == "write") {
        std::fs::create_dir_all(Path::new(PAGE).parent().unwrap()).unwrap();
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
    let changes = changes(&committed, &page);
    assert!(
        changes.is_empty(),
        "docs/differences.md is not what the servers answer; to write it again:\n    {COMMAND}\n{}",
        changes.join("\n")
    );
}

#[test]
fn no_two_cases_have_the_same_title() {
    let mut titles = BTreeSet::new();
    for case in cases::all() {
        assert!(titles.insert(case.title.clone()), "«{}»", case.title);
    }
    assert!(titles.len() >= 150);
}

/// Lines that one of the texts has and the other has not.
fn changes(before: &str, after: &str) -> Vec<String> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (old, new) = (lines(before), lines(after));
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let added = new.difference(&old).map(|line| format!("+ {line}"));
    let mut changes: Vec<String> = gone.chain(added).collect();
    if changes.is_empty() && before != after {
        changes.push("the same lines in another order".to_owned());
    }
    changes
}

/// The last word of what `--version` says, without what Debian adds.
fn version(program: &str) -> String {
    let text = Run::tool(program).arg("--version").ok().text();
    let last = text.split_whitespace().last().unwrap();
    last.split('+').next().unwrap().to_owned()
}
