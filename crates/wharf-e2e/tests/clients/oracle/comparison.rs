//! In what two answers differ.

use std::collections::BTreeSet;
use std::fmt;

use super::answer::{Answer, AnswerBody};

/// One thing in which answers may differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    /// The status; what else differs follows from it.
    Status,
    /// The codes of the errors.
    Code,
    /// The words of the errors.
    Message,
    /// What the errors say beside code and words.
    Detail,
    /// The body of an answer that is no list of errors.
    Body,
    /// A header, by its name in lower case.
    Header(String),
}

// === impl Aspect ===

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => write!(f, "status"),
            Self::Code => write!(f, "code"),
            Self::Message => write!(f, "message"),
            Self::Detail => write!(f, "detail"),
            Self::Body => write!(f, "body"),
            Self::Header(name) => write!(f, "header {name}"),
        }
    }
}

/// Everything in which the answers differ.
pub(super) fn aspects(one: &Answer, other: &Answer) -> BTreeSet<Aspect> {
    if one.status != other.status {
        return BTreeSet::from([Aspect::Status]);
    }
    let mut aspects = bodies(one, other);
    let same_body = aspects.is_empty();
    for name in one.headers.keys().chain(other.headers.keys()) {
        // The length of another body says nothing new.
        let follows = name == "content-length" && !same_body;
        if !follows && value(one, name) != value(other, name) {
            aspects.insert(Aspect::Header(name.clone()));
        }
    }
    aspects
}

/// No length says of an answer to HEAD what 0 says.
fn value<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let value = answer.headers.get(name).map(String::as_str);
    value.filter(|value| !(name == "content-length" && *value == "0"))
}

fn bodies(one: &Answer, other: &Answer) -> BTreeSet<Aspect> {
    let mut aspects = BTreeSet::new();
    match (&one.body, &other.body) {
        (AnswerBody::Errors(_), AnswerBody::Errors(_)) => {
            if one.codes() != other.codes() {
                aspects.insert(Aspect::Code);
                return aspects;
            }
            for (one, other) in std::iter::zip(one.errors(), other.errors()) {
                if one.message != other.message {
                    aspects.insert(Aspect::Message);
                }
                if one.detail != other.detail {
                    aspects.insert(Aspect::Detail);
                }
            }
        }
        (one, other) if one != other => {
            aspects.insert(Aspect::Body);
        }
        _ => {}
    }
    aspects
}
