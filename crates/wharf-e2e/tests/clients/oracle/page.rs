//! `docs/differences.md`, made of what was observed and of the reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

use super::answer::{Answer, AnswerBody};
use super::comparison::Aspect;
use super::content::{DOCKER_IMAGE, DOCKER_LIST, SCHEMA1};
use super::difference::Difference;
use super::everywhere::Everywhere;
use super::findings::{Finding, Findings, Trio};

/// Of a difference that shows in many answers, so many examples tell enough.
const EXAMPLES: usize = 4;

/// The whole page.
pub(super) fn page(findings: &Findings<'_>, versions: &Versions) -> String {
    let mut page = String::new();
    let Findings {
        requests,
        particular,
        ..
    } = findings;
    _ = write!(
        page,
        "# Where `wharf` answers otherwise than Docker's registry

{requests} requests, good and bad, were sent to distribution 2.8 ({}), to distribution v3 ({}) and \
to `wharf`, all with the same content and the same settings, and the answers compared: status, \
headers, body. {particular} of them are answered in another way than by v3, for the reasons under \
“In particular requests”; the others are answered as v3 answers them, but for what stands under \
“In many answers”, and nothing else.

The page is made of the answers. `cargo xtask e2e` fails when it is not up to date, or when a \
difference has no reason; `WHARF_DIFFERENCES=write cargo xtask e2e oracle` writes it again.

Each table has one line for each way in which the three answer, with the requests that are \
answered so. `<id>` and `<state>` are those of an upload, `<digest of …>` that of something known.
",
        versions.debian, versions.v3
    );
    let (from_v3, from_28): (Vec<_>, Vec<_>) = findings
        .named
        .iter()
        .partition(|(_, found)| found.iter().any(|finding| finding.differs_from_v3));
    page.push_str("\n## In particular requests\n");
    for (difference, found) in from_v3 {
        named(&mut page, *difference, found);
    }
    page.push_str("\n## In many answers\n");
    let (from_v3, all_from_28): (Vec<_>, Vec<_>) = findings
        .everywhere
        .iter()
        .partition(|(_, found)| found.iter().any(|finding| finding.differs_from_v3));
    for (everywhere, found) in from_v3 {
        general(&mut page, *everywhere, found);
    }
    page.push_str("\n## Where 2.8 is alone\n\nHere `wharf` answers as v3 does.\n");
    for (difference, found) in from_28 {
        named(&mut page, *difference, found);
    }
    for (everywhere, found) in all_from_28 {
        general(&mut page, *everywhere, found);
    }
    page
}

/// What the Go registries say they are.
pub(super) struct Versions {
    pub(super) debian: String,
    pub(super) v3: String,
}

fn named(page: &mut String, difference: Difference, found: &[Finding<'_>]) {
    section(page, difference.what(), difference.why());
    let mut ways: BTreeMap<[String; 3], Vec<&str>> = BTreeMap::new();
    let mut order = Vec::new();
    for finding in found {
        let way = finding
            .answers
            .map(|answer| shown(answer, &finding.aspects));
        if !ways.contains_key(&way) {
            order.push(way.clone());
        }
        ways.entry(way).or_default().push(&finding.title);
    }
    page.push_str("| requests | 2.8 | v3 | `wharf` |\n|---|---|---|---|\n");
    for way in order {
        row(page, &ways[&way].join("; "), &way);
    }
}

/// Requests are counted here: to list them all would tell no more.
fn general(page: &mut String, everywhere: Everywhere, found: &[Finding<'_>]) {
    section(page, everywhere.what(), everywhere.why());
    let mut ways: Vec<(String, [String; 3], usize, &str)> = Vec::new();
    for finding in found {
        let (key, way) = if everywhere == Everywhere::Words {
            words(finding.answers)
        } else {
            let way = finding
                .answers
                .map(|answer| shown(answer, &finding.aspects));
            (way.join("|"), way)
        };
        match ways.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, _, count, _)) => *count += 1,
            None => ways.push((key, way, 1, &finding.title)),
        }
    }
    ways.sort_by_key(|(_, _, count, _)| std::cmp::Reverse(*count));
    let examples = if everywhere == Everywhere::Words {
        ways.len()
    } else {
        EXAMPLES
    };
    page.push_str("| requests | 2.8 | v3 | `wharf` |\n|---|---|---|---|\n");
    for (_, way, count, example) in ways.iter().take(examples) {
        let requests = match count {
            1 => (*example).to_owned(),
            _ => format!("{count}, such as: {example}"),
        };
        row(page, &requests, way);
    }
    let others = ways.iter().skip(examples);
    let rest: usize = others.map(|(_, _, count, _)| count).sum();
    if rest > 0 {
        _ = writeln!(page, "\nAnd {rest} more in the same manner.");
    }
}

fn section(page: &mut String, what: &str, why: &str) {
    _ = write!(page, "\n### {what}\n{why}\n\n");
}

fn row(page: &mut String, requests: &str, way: &[String; 3]) {
    let cells = [requests, &way[0], &way[1], &way[2]].map(|cell| cell.replace('|', "\\|"));
    _ = writeln!(page, "| {} |", cells.join(" | "));
}

/// What is said with a code, by one example: the message, or the detail if that is all.
fn words(answers: Trio<'_>) -> (String, [String; 3]) {
    let key = answers[2].codes().join(", ");
    let message = |answer: &Answer| answer.errors().first().map(|error| error.message.clone());
    let same_message = message(answers[1]) == message(answers[2]);
    let way = answers.map(|answer| match answer.errors().first() {
        Some(error) if same_message => format!("`{}`: `{}`", error.code, error.detail),
        Some(error) => format!("`{}`: {}", error.code, quoted(&error.message)),
        None => status(answer),
    });
    (key, way)
}

/// Headers that go without saying when the body is another one.
const OF_THE_BODY: &[&str] = &[
    "cache-control",
    "content-type",
    "docker-content-digest",
    "etag",
    "x-content-type-options",
];

/// What an answer says as far as it is about these aspects.
fn shown(answer: &Answer, aspects: &BTreeSet<Aspect>) -> String {
    if aspects.contains(&Aspect::Status) || aspects.contains(&Aspect::Code) {
        return status(answer);
    }
    let other_body = aspects.contains(&Aspect::Body);
    let parts = aspects.iter().filter_map(|aspect| match aspect {
        Aspect::Status | Aspect::Code | Aspect::Body => Some(body(answer)),
        Aspect::Message | Aspect::Detail => None,
        Aspect::Header(name) if other_body && OF_THE_BODY.contains(&name.as_str()) => None,
        Aspect::Header(name) => Some(answer.headers.get(name).map_or_else(
            || format!("no `{}`", capital(name)),
            |value| format!("`{}: {value}`", capital(name)),
        )),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The status, and what tells best what kind of answer it is.
fn status(answer: &Answer) -> String {
    let codes = answer.codes();
    let kind = kind(answer).filter(|_| answer.status == 200);
    match (codes.is_empty(), kind) {
        (false, _) => format!("{} `{}`", answer.status, codes.join("`, `")),
        (true, Some(kind)) => format!("{}, {kind}", answer.status),
        (true, None) => answer.status.to_string(),
    }
}

fn body(answer: &Answer) -> String {
    let shown = match (&answer.body, kind(answer)) {
        (_, Some(kind)) => kind.to_owned(),
        (AnswerBody::Text(text), None) if text.is_empty() => "no body".to_owned(),
        (AnswerBody::Text(text), None) => quoted(text.trim()),
        (AnswerBody::Errors(_), None) => status(answer),
        (AnswerBody::Json(value), None) => format!("`{value}`"),
        (AnswerBody::Bytes(length, _), None) => format!("{length} bytes"),
    };
    let end = if answer.whole { "" } else { ", breaks off" };
    format!("{shown}{end}")
}

/// Which of the manifests it is.
fn kind(answer: &Answer) -> Option<&'static str> {
    match answer.headers.get("content-type")?.as_str() {
        SCHEMA1 => Some("a schema 1 image"),
        DOCKER_IMAGE => Some("the Docker image"),
        DOCKER_LIST => Some("the Docker list"),
        OCI_IMAGE => Some("the OCI image"),
        OCI_INDEX => Some("the OCI index"),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ").replace('<', "&lt;");
    format!("“{text}”")
}

/// `docker-content-digest` as `Docker-Content-Digest`.
fn capital(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    parts.collect::<Vec<_>>().join("-")
}
