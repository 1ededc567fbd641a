//! What the audit log is told of a request: that it was not let in, or that it changed
//! something. Queries, which may hold anything, and credentials stay out of it.

use std::net::IpAddr;

use http::StatusCode;
use wharf_auth::{Audit, Event, Identity, Record};
use wharf_spec::{Method, RepositoryName};

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

// === impl Witness ===

impl Witness<'_> {
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

    /// Somebody was answered.
    pub(crate) fn answered(&self, identity: &Identity, method: Method, reply: &Reply) {
        if !self.audit.is_there() || !changes(method, reply.status()) {
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
        self.tell(
            Event::Write,
            account(identity),
            &subject,
            reply.status().as_str(),
        );
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

fn account(identity: &Identity) -> Option<&str> {
    Some(identity.account.as_str()).filter(|account| !account.is_empty())
}

/// Whether something is other than before: a session of an upload is nothing yet.
fn changes(method: Method, status: StatusCode) -> bool {
    match method {
        Method::Put | Method::Post => status == StatusCode::CREATED,
        Method::Delete => status == StatusCode::ACCEPTED,
        Method::Get | Method::Head | Method::Patch => false,
    }
}

/// Longer than any method of HTTP.
const LONGEST_METHOD: usize = 32;
/// Longer than any path of the API.
const LONGEST_PATH: usize = 1024;
