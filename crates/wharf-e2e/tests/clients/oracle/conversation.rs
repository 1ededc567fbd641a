//! Sends the cases to one server and notes its answers, without what differs every time.

use std::collections::BTreeMap;

use wharf_e2e::raw::{self, RawAnswer};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};

use super::answer::Answer;
use super::case::{Body, Case, Request, Settings};
use super::content::Content;

/// The answers of a server to all cases, in their order.
pub(super) fn answers(kind: Kind, cases: &[Case], content: &Content) -> Vec<Answer> {
    let mut servers: BTreeMap<Settings, (Server, Scratch)> = BTreeMap::new();
    let mut answers = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let (server, _) = servers
            .entry(case.settings)
            .or_insert_with(|| start(kind, case.settings, content));
        let mut conversation = Conversation {
            server,
            content,
            repository: format!("case/{number:04}"),
            location: String::new(),
        };
        for request in &case.before {
            let answer = conversation.send(request);
            let status = answer.status;
            assert!(
                status < 500,
                "{kind:?}, before «{}»: {} {} is answered by {status}",
                case.title,
                request.method,
                request.target
            );
        }
        let raw = conversation.send(&case.request);
        answers.push(Answer::new(&raw, &conversation.secrets(), content));
    }
    answers
}

fn start(kind: Kind, settings: Settings, content: &Content) -> (Server, Scratch) {
    let data = Scratch::new();
    content.copy_to(data.path());
    let setup = Setup::of(kind).data(data.path());
    let setup = match settings {
        Settings::Usual => setup,
        Settings::NoDeletion => setup.no_deletion(),
        Settings::RelativeUrls => setup.relative_urls(),
    };
    (setup.start(), data)
}

/// The requests of one case.
struct Conversation<'a> {
    server: &'a Server,
    content: &'a Content,
    repository: String,
    /// The path and query of the last `Location` of an upload.
    location: String,
}

// === impl Conversation ===

impl Conversation<'_> {
    fn send(&mut self, request: &Request) -> RawAnswer {
        let bytes = self.bytes(request);
        let bodiless = request.method == "HEAD";
        let answer = raw::exchange(self.server.host(), &bytes, bodiless);
        let location = answer.header("location").unwrap_or_default();
        if let Some(start) = location.find("/v2/")
            && location.contains("/blobs/uploads/")
        {
            location[start..].clone_into(&mut self.location);
        }
        answer
    }

    /// What is in answers, and is another one every time.
    fn secrets(&self) -> Vec<(String, &'static str)> {
        let mut secrets = vec![(self.repository.clone(), "<repository>")];
        let (path, query) = self
            .location
            .split_once('?')
            .unwrap_or((&self.location, ""));
        let id = path.rsplit('/').next().unwrap_or_default();
        let state = query.strip_prefix("_state=").unwrap_or_default();
        for (secret, name) in [(id, "<id>"), (state, "<state>")] {
            if !secret.is_empty() {
                secrets.push((secret.to_owned(), name));
            }
        }
        secrets
    }

    fn bytes(&self, request: &Request) -> Vec<u8> {
        let target = self.target(&request.target);
        let mut head = format!(
            "{} {target} HTTP/1.1\r\nHost: {}\r\n",
            request.method, request.host
        );
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {}\r\n", self.filled(value)));
        }
        let sized = |body: &[u8]| (format!("Content-Length: {}\r\n", body.len()), body.to_vec());
        let (framing, body) = match &request.body {
            Body::None => (String::new(), Vec::new()),
            Body::Sized(bytes) => sized(bytes),
            Body::Prepared(name) => sized(&self.content.bodies[name]),
            Body::Text(text) => sized(self.filled(text).as_bytes()),
            Body::Chunked(bytes) => {
                let mut body = format!("{:x}\r\n", bytes.len()).into_bytes();
                body.extend_from_slice(bytes);
                body.extend_from_slice(b"\r\n0\r\n\r\n");
                ("Transfer-Encoding: chunked\r\n".to_owned(), body)
            }
        };
        let mut bytes = format!("{head}{framing}\r\n").into_bytes();
        bytes.extend(body);
        bytes
    }

    /// `{location}&digest=…` is right whether or not the location has a query.
    fn target(&self, target: &str) -> String {
        let filled = self.filled(target);
        if target.starts_with("{location}&") && !self.location.contains('?') {
            filled.replacen('&', "?", 1)
        } else {
            filled
        }
    }

    fn filled(&self, text: &str) -> String {
        let path = self.location.split('?').next().unwrap_or_default();
        let id = path.rsplit('/').next().unwrap_or_default();
        let mut text = text
            .replace("{repo}", &self.repository)
            .replace("{location}", &self.location)
            .replace("{id}", id);
        for (name, digest) in &self.content.digests {
            text = text.replace(&format!("{{{name}}}"), digest);
        }
        text
    }
}
