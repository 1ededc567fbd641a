//! A repository: where its things are, and what a refusal looks like.

use serde_json::Value;
use wharf_e2e::http::{Answer, Call, Http};
use wharf_e2e::server::Server;

/// A repository on a server, whether it exists or not.
#[derive(Clone)]
pub(super) struct Repository<'a> {
    pub(super) http: &'a Http,
    pub(super) name: String,
}

// === impl Repository ===

impl<'a> Repository<'a> {
    /// Every test has its own name, and every helper of a test one below that.
    pub(super) fn of(server: &'a Server, name: &str) -> Self {
        let http = server.http();
        let name = format!("specification/{name}");
        Self { http, name }
    }

    pub(super) fn below(&self, name: &str) -> Self {
        let name = format!("{}/{name}", self.name);
        Self { name, ..*self }
    }

    pub(super) fn blob(&self, digest: &str) -> String {
        format!("/v2/{}/blobs/{digest}", self.name)
    }

    pub(super) fn manifest(&self, reference: &str) -> String {
        format!("/v2/{}/manifests/{reference}", self.name)
    }

    pub(super) fn uploads(&self, query: &str) -> String {
        format!("/v2/{}/blobs/uploads/{query}", self.name)
    }

    pub(super) fn tags(&self, query: &str) -> String {
        format!("/v2/{}/tags/list{query}", self.name)
    }

    pub(super) fn referrers(&self, digest: &str) -> String {
        format!("/v2/{}/referrers/{digest}", self.name)
    }

    /// GET and HEAD of what is not there.
    pub(super) fn is_gone(&self, path: &str, code: &str) {
        refused(self.http.get(path), 404, code);
        self.http.head(path).expect(404);
    }
}

/// Sends what has to be refused for one reason.
pub(super) fn refused(call: Call<'_>, status: u16, code: &str) -> Answer {
    let answer = call.expect(status);
    assert_eq!(codes(&answer), [code], "{answer:#?}");
    answer
}

/// The codes of a refusal, whose body has to have the form that the specification gives it.
pub(super) fn codes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.header("content-type"), "application/json");
    let json = answer.json();
    let errors = json["errors"].as_array();
    let errors = errors.unwrap_or_else(|| panic!("no list of errors in {answer:#?}"));
    assert!(!errors.is_empty(), "{answer:#?}");
    errors.iter().map(|error| code(error, answer)).collect()
}

fn code(error: &Value, answer: &Answer) -> String {
    let keys = error.as_object().unwrap().keys();
    for key in keys {
        let known = ["code", "message", "detail"].contains(&key.as_str());
        assert!(known, "{key} in {answer:#?}");
    }
    let code = error["code"].as_str().unwrap_or_default();
    let form = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let well_formed = !code.is_empty() && code.bytes().all(form);
    assert!(well_formed, "the code {code:?} in {answer:#?}");
    code.to_owned()
}
