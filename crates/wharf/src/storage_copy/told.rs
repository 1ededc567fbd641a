//! What is told of a pass: problems as they come, how far it is, and what it came to.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use wharf_registry::{Copied, CopyEvents, CopyProblem, CopyProgress, CopyStage, Surplus};

use crate::collection::size;
use crate::progress_line::ProgressLine;
use crate::terminal::{counted, say};

/// Tells of one pass.
pub(super) struct Told {
    form: Form,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Json,
}

struct State {
    problems: u64,
    line: ProgressLine,
}

// === impl Told ===

impl Told {
    pub(super) fn new(json: bool) -> Self {
        Self {
            form: if json { Form::Json } else { Form::Text },
            state: Mutex::new(State {
                problems: 0,
                line: ProgressLine::new(NOW_AND_THEN),
            }),
        }
    }

    /// The pass is over.
    pub(super) fn end(&self, copied: &Copied) {
        let mut state = self.lock();
        state.line.clear();
        match self.form {
            Form::Text => lines(copied).iter().for_each(|line| say(line)),
            Form::Json => state.close(&summary(copied)),
        }
    }

    /// It has failed, which is told elsewhere.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        state.line.clear();
        match self.form {
            Form::Text => {}
            Form::Json => state.close(&Value::Null),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CopyEvents for Told {
    fn problem(&self, problem: &CopyProblem) {
        let mut state = self.lock();
        state.line.clear();
        match self.form {
            Form::Text => say(&format!(
                "{}: {}: {}; {}",
                problem.kind.name(),
                problem.path,
                problem.detail,
                problem.kind.advice()
            )),
            Form::Json => {
                let before = if state.problems == 0 {
                    "{\"problems\": [\n"
                } else {
                    ","
                };
                say(&format!("{before}{}", json!(problem)));
            }
        }
        state.problems += 1;
    }

    fn progress(&self, progress: &CopyProgress) {
        let line = line(progress);
        self.lock().line.show(&line);
    }
}

// === impl State ===

impl State {
    fn close(&self, summary: &Value) {
        if self.problems == 0 {
            say("{\"problems\": [");
        }
        say(&format!("], \"summary\": {summary}}}"));
    }
}

fn line(progress: &CopyProgress) -> String {
    let copied = &progress.copied;
    let at = match progress.stage {
        CopyStage::Blobs(percent) => format!("{percent}% of the blobs"),
        CopyStage::Repositories(done, all) => format!("{done} of {all} repositories"),
    };
    format!(
        "{at}: {} copied ({}), {} were there, {}",
        counted(copied.blobs, "blob", "blobs"),
        size(copied.bytes),
        copied.present,
        counted(copied.problems, "problem", "problems")
    )
}

/// What a pass came to.
fn lines(copied: &Copied) -> Vec<String> {
    let mut lines = vec![format!(
        "{} looked through in {:.1} s; {} were there already",
        counted(copied.repositories, "repository", "repositories"),
        copied.duration.as_secs_f64(),
        counted(copied.present, "blob", "blobs"),
    )];
    lines.push(match copied.changed() {
        0 => "nothing had to be changed".to_owned(),
        changed => format!(
            "{} changed: {} ({}), {}, {}, {} to undo, {} removed",
            counted(changed, "thing", "things"),
            counted(copied.blobs, "blob", "blobs"),
            size(copied.bytes),
            counted(copied.links, "link", "links"),
            counted(copied.tags, "tag", "tags"),
            counted(copied.trash, "deletion", "deletions"),
            copied.removed.total()
        ),
    });
    if copied.repaired > 0 {
        lines.push(format!(
            "{} damaged in the target and copied again",
            counted(copied.repaired, "blob was", "blobs were")
        ));
    }
    if copied.left.total() > 0 {
        lines.push(format!(
            "only in the target, and left there: {}; --delete removes them once the source \
             stands still",
            surplus(&copied.left)
        ));
    }
    if copied.behind > 0 {
        lines.push(format!(
            "{} moved or removed meanwhile: copy again",
            counted(copied.behind, "tag was", "tags were")
        ));
    }
    if copied.problems > 0 {
        lines.push(format!(
            "{} could not be copied",
            counted(copied.problems, "thing", "things")
        ));
    }
    lines
}

fn surplus(left: &Surplus) -> String {
    let counts = [
        (left.tags, "tag", "tags"),
        (left.manifests, "manifest", "manifests"),
        (left.layers, "layer", "layers"),
        (left.trash, "deletion to undo", "deletions to undo"),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
    counts.join(", ")
}

fn summary(copied: &Copied) -> Value {
    let mut summary = json!(copied);
    if let Some(fields) = summary.as_object_mut() {
        fields.insert("changed".to_owned(), copied.changed().into());
        let seconds = copied.duration.as_secs_f64();
        fields.insert("seconds".to_owned(), seconds.into());
    }
    summary
}

const NOW_AND_THEN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_changed_nothing_says_so() {
        let copied = Copied {
            repositories: 1,
            present: 4,
            ..Copied::default()
        };
        let expected = [
            "1 repository looked through in 0.0 s; 4 blobs were there already",
            "nothing had to be changed",
        ];
        assert_eq!(lines(&copied), expected);
        let json = summary(&copied);
        assert_eq!((&json["changed"], &json["present"]), (&0.into(), &4.into()));
    }

    #[test]
    fn everything_that_is_to_be_done_is_told() {
        let copied = Copied {
            blobs: 2,
            bytes: 2048,
            links: 1,
            left: Surplus {
                tags: 1,
                layers: 2,
                ..Surplus::default()
            },
            behind: 1,
            repaired: 1,
            problems: 3,
            ..Copied::default()
        };
        let told = lines(&copied).join("\n");
        for text in [
            "3 things changed: 2 blobs (2.0 KiB), 1 link, 0 tags, 0 deletions to undo, 0 removed",
            "1 blob was damaged in the target and copied again",
            "left there: 1 tag, 2 layers; --delete",
            "1 tag was moved or removed meanwhile: copy again",
            "3 things could not be copied",
        ] {
            assert!(told.contains(text), "{text} is missing:\n{told}");
        }
    }

    #[test]
    fn progress_is_one_line() {
        let copied = Copied::default();
        for (stage, begins) in [
            (CopyStage::Blobs(12), "12% of the blobs: 0 blobs copied"),
            (CopyStage::Repositories(3, 70), "3 of 70 repositories: "),
        ] {
            let line = line(&CopyProgress { copied, stage });
            assert!(line.starts_with(begins), "{line}");
        }
    }
}
