//! All differences, each with its reason, and whatever is wrong with the reasons.

use std::collections::{BTreeMap, BTreeSet};

use wharf_e2e::server::Kind;

use super::answer::Answer;
use super::case::Case;
use super::comparison::{self, Aspect};
use super::difference::Difference;
use super::everywhere::{Everywhere, Seen};

/// The answers of 2.8, v3 and `wharf`.
pub(super) type Trio<'a> = [&'a Answer; 3];

/// What was found.
#[derive(Default)]
pub(super) struct Findings<'a> {
    pub(super) requests: usize,
    /// Requests that differ from v3 for a reason of their own.
    pub(super) particular: usize,
    pub(super) named: BTreeMap<Difference, Vec<Finding<'a>>>,
    pub(super) everywhere: BTreeMap<Everywhere, Vec<Finding<'a>>>,
    /// Differences without a reason, reasons without a difference.
    pub(super) faults: Vec<String>,
}

/// One request that shows a difference.
pub(super) struct Finding<'a> {
    pub(super) title: String,
    pub(super) answers: Trio<'a>,
    /// In what they differ, for this reason.
    pub(super) aspects: BTreeSet<Aspect>,
    pub(super) differs_from_v3: bool,
}

// === impl Findings ===

impl<'a> Findings<'a> {
    /// `answers` has, for each case, those of all three.
    pub(super) fn of(cases: &[Case], answers: &[Trio<'a>]) -> Self {
        let mut findings = Self {
            requests: cases.len(),
            ..Self::default()
        };
        for (case, answers) in std::iter::zip(cases, answers) {
            findings.examine(case, *answers);
        }
        for everywhere in Everywhere::ALL {
            if !findings.everywhere.contains_key(everywhere) {
                let what = everywhere.what();
                findings.faults.push(format!("nowhere any more: «{what}»"));
            }
        }
        findings
    }

    fn examine(&mut self, case: &Case, answers: Trio<'a>) {
        let [debian, v3, ours] = answers;
        let mut unexplained = BTreeSet::new();
        let mut unexplained_v3 = false;
        let mut general: BTreeMap<Everywhere, Finding<'a>> = BTreeMap::new();
        for (kind, theirs) in [(Kind::Debian, debian), (Kind::V3, v3)] {
            for aspect in comparison::aspects(ours, theirs) {
                let seen = Seen {
                    kind,
                    aspect: &aspect,
                    theirs,
                    ours,
                };
                let reason = Everywhere::ALL.iter().find(|reason| reason.explains(&seen));
                let Some(reason) = reason else {
                    unexplained.insert(aspect);
                    unexplained_v3 |= kind == Kind::V3;
                    continue;
                };
                let finding = general
                    .entry(*reason)
                    .or_insert_with(|| Finding::new(case, answers));
                finding.aspects.insert(aspect);
                finding.differs_from_v3 |= kind == Kind::V3;
            }
        }
        self.particular += usize::from(unexplained_v3);
        for (reason, finding) in general {
            self.everywhere.entry(reason).or_default().push(finding);
        }
        match case.difference {
            None if unexplained.is_empty() => {}
            None => self.faults.push(story(case, answers, &unexplained)),
            Some(difference) if unexplained.is_empty() => {
                let what = difference.what();
                self.faults.push(format!(
                    "no difference any more in «{}»: «{what}»",
                    case.title
                ));
            }
            Some(difference) => {
                let mut finding = Finding::new(case, answers);
                finding.aspects = unexplained;
                finding.differs_from_v3 = unexplained_v3;
                self.named.entry(difference).or_default().push(finding);
            }
        }
    }
}

impl<'a> Finding<'a> {
    fn new(case: &Case, answers: Trio<'a>) -> Self {
        Self {
            title: case.title.clone(),
            answers,
            aspects: BTreeSet::new(),
            differs_from_v3: false,
        }
    }
}

/// A difference that nobody has explained.
fn story(case: &Case, answers: Trio<'_>, aspects: &BTreeSet<Aspect>) -> String {
    let aspects: Vec<String> = aspects.iter().map(ToString::to_string).collect();
    let mut story = format!("no reason for «{}»: {}", case.title, aspects.join(", "));
    for (name, answer) in std::iter::zip(["2.8  ", "v3   ", "wharf"], answers) {
        let whole = if answer.whole { "" } else { " (breaks off)" };
        let Answer {
            status,
            headers,
            body,
            ..
        } = answer;
        story.push_str(&format!("\n    {name} {status}{whole} {headers:?} {body}"));
    }
    story
}
