//! What the audit log is told of a request: that it was not let in, or that it changed
//! something. Queries, which may hold anything, and credentials stay out of it.

use std::net::IpAddr;

use http::StatusCode;
use wharf_auth::{Audit, Event, Identity, Record};
use wharf_spec::{Digest, Method, RepositoryName};

use crate::head::Head;
use crate::reply::{Reply, name};

/// Sees what becomes of a request.
#[derive(Clone, Copy)]
pub(crate) struct Witness<'a> {
    pub(crate) audit: &'a Audit,
    /// As the client wrote it.
    pub(crate) method: &'a str,
    pub(crate) head: &'a Head,
    pub(crate) address: Option<IpAddr>,
}

/// A request that may change something: if it is given up, nobody can tell whether it did.
pub(crate) struct Change<'a> {
    witness: Witness<'a>,
    identity: &'a Identity,
    accepted: Accepted,
    is_open: bool,
}

/// What it means that a `POST` was accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Accepted {
    /// Something begins that changes what is stored.
    Change,
    /// A session of an upload, which is nothing yet.
    Session,
}

// === impl Witness ===

impl<'a> Witness<'a> {
    /// Somebody may change something; hold it until they are answered.
    pub(crate) fn begin(
        self,
        identity: &'a Identity,
        method: Method,
        accepted: Accepted,
    ) -> Change<'a> {
        Change {
            witness: self,
            identity,
            accepted,
            is_open: self.will_ask(method),
        }
    }

    /// Whether it will be told what let somebody do this.
    pub(crate) fn will_ask(&self, method: Method) -> bool {
        let may_change = match method {
            Method::Put | Method::Post | Method::Delete => true,
            Method::Get | Method::Head | Method::Patch => false,
        };
        may_change && self.audit.is_there()
    }

    /// Somebody was not let in, who said that this is their account.
    pub(crate) fn denied(&self, account: Option<&str>, because: &str) {
        if self.audit.is_there() {
            let subject = self.subject();
            self.tell(Event::Denial, account, &subject, because);
        }
    }

    /// Somebody has pulled as much as they may.
    pub(crate) fn exhausted(&self, identity: &Identity) {
        self.denied(account(identity), "the limit of pulls");
    }

    fn answered(&self, identity: &Identity, method: Method, accepted: Accepted, reply: &Reply) {
        if !self.audit.is_there() || !changes(method, accepted, reply.status()) {
            return;
        }
        let mut subject = self.subject();
        // What a query named: the blob, where it was mounted from, and tags.
        for digest in reply.values(&name::CONTENT_DIGEST) {
            subject.push_str(&format!(" {digest}"));
        }
        let from = self.head.query.first("from");
        if method == Method::Post
            && let Some(Ok(from)) = from.map(str::parse::<RepositoryName>)
        {
            subject.push_str(&format!(" from={from}"));
        }
        for tag in reply.values(&name::OCI_TAG) {
            subject.push_str(&format!(" tag={tag}"));
        }
        self.tell(Event::Write, account(identity), &subject, because(identity));
    }

    fn tell(&self, event: Event, account: Option<&str>, subject: &str, because: &str) {
        self.audit.record(&Record {
            event,
            account,
            address: self.address,
            subject,
            because,
            is_allowed: event == Event::Write,
        });
    }

    fn subject(&self) -> String {
        let clip = |text: &str, longest| {
            let end = text.floor_char_boundary(longest);
            text.get(..end).unwrap_or_default().to_owned()
        };
        let path = clip(&self.head.path, LONGEST_PATH);
        format!("{} {path}", clip(self.method, LONGEST_METHOD))
    }
}

// === impl Change ===

impl Change<'_> {
    /// This is the answer.
    pub(crate) fn end(mut self, method: Method, reply: Option<&Reply>) {
        self.is_open = false;
        if let Some(reply) = reply {
            self.witness
                .answered(self.identity, method, self.accepted, reply);
        }
    }
}

impl Drop for Change<'_> {
    /// The client has gone away: a store call that was under way may still come to its end.
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let mut subject = self.witness.subject();
        let digest = self.witness.head.query.first("digest");
        if let Some(Ok(digest)) = digest.map(str::parse::<Digest>) {
            subject.push_str(&format!(" {digest}"));
        }
        let because = format!("{}; {GIVEN_UP}", because(self.identity));
        let account = account(self.identity);
        self.witness.tell(Event::Write, account, &subject, &because);
    }
}

fn account(identity: &Identity) -> Option<&str> {
    Some(identity.account.as_str()).filter(|account| !account.is_empty())
}

fn because(identity: &Identity) -> &str {
    identity.because.as_deref().unwrap_or(NOBODY_DECIDES)
}

/// Whether something is other than before.
fn changes(method: Method, accepted: Accepted, status: StatusCode) -> bool {
    match method {
        Method::Post if accepted == Accepted::Change && status == StatusCode::ACCEPTED => true,
        Method::Put | Method::Post => status == StatusCode::CREATED,
        Method::Delete => status == StatusCode::ACCEPTED,
        Method::Get | Method::Head | Method::Patch => false,
    }
}

/// What lets somebody pass where everybody is let in.
const NOBODY_DECIDES: &str = "nobody is asked who they are";
/// Why it is not known how a write has ended.
const GIVEN_UP: &str = "the client went away before the answer";
/// Longer than any method of HTTP.
const LONGEST_METHOD: usize = 32;
/// Longer than any path of the API.
const LONGEST_PATH: usize = 1024;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http::{HeaderMap, Uri};
    use wharf_auth::AuditSink;

    use super::*;

    #[derive(Clone, Default)]
    struct Notes(Arc<Mutex<Vec<String>>>);

    impl AuditSink for Notes {
        fn take(&self, record: &Record<'_>) {
            let account = record.account.unwrap_or("-");
            let note = format!("{account} {}: {}", record.subject, record.because);
            self.0.lock().unwrap().push(note);
        }
    }

    /// What is told of a request whose client goes away, or is answered.
    fn told(method: Method, target: &str, answer: Option<StatusCode>) -> Vec<String> {
        let notes = Notes::default();
        let audit = Audit::to(notes.clone());
        let head = Head::new(&target.parse::<Uri>().unwrap(), HeaderMap::new());
        let witness = Witness {
            audit: &audit,
            method: method.as_str(),
            head: &head,
            address: None,
        };
        let identity = Identity {
            account: "ann".to_owned(),
            because: Some("rule 2".to_owned()),
            ..Identity::default()
        };
        let change = witness.begin(&identity, method, Accepted::Session);
        match answer {
            Some(status) => change.end(method, Some(&Reply::new(status))),
            None => drop(change),
        }
        notes.0.lock().unwrap().clone()
    }

    #[test]
    fn what_changes_nothing_is_not_told() {
        for (method, status) in [
            (Method::Get, 200),
            (Method::Head, 200),
            (Method::Patch, 202),
            (Method::Post, 202),
            (Method::Put, 404),
            (Method::Delete, 404),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(told(method, "/v2/a", Some(status)).is_empty(), "{method}");
        }
    }

    #[test]
    fn what_is_written_is_told_with_the_rule_that_allowed_it() {
        let told = told(Method::Put, "/v2/a", Some(StatusCode::CREATED));
        assert_eq!(told, ["ann PUT /v2/a: rule 2"]);
    }

    #[test]
    fn attack_whoever_goes_away_before_the_answer_is_told_nevertheless() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let target = format!("/v2/a/blobs/uploads/1?secret=x&digest={digest}");
        for method in [Method::Put, Method::Post, Method::Delete] {
            let expected =
                format!("ann {method} /v2/a/blobs/uploads/1 {digest}: rule 2; {GIVEN_UP}");
            assert_eq!(told(method, &target, None), [expected]);
        }
        assert!(told(Method::Get, &target, None).is_empty());
    }

    #[test]
    fn attack_a_long_target_is_cut_off() {
        let target = format!("/{}", "x".repeat(1 << 15));
        let created = told(Method::Put, &target, Some(StatusCode::CREATED));
        assert!(created[0].len() < 1200, "{}", created[0].len());
    }
}
