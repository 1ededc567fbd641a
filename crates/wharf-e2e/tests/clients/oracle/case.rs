//! One question to all servers, and how what they say may differ.

use super::difference::Difference;

/// What the server is told when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Settings {
    /// Deletion is on, everything else as it comes.
    Usual,
    /// Deletion is off.
    NoDeletion,
    /// `Location` without scheme and host.
    RelativeUrls,
}

/// A request whose answers are compared, after those that lead up to it.
pub(super) struct Case {
    /// What it is, for the page; no two are the same.
    pub(super) title: String,
    pub(super) settings: Settings,
    pub(super) before: Vec<Request>,
    pub(super) request: Request,
    /// Why the answers differ, if they do beyond what is different everywhere.
    pub(super) difference: Option<Difference>,
}

/// A request with places to fill in:
///
/// - `{repo}`: a repository that no other case uses;
/// - `{location}`: the path and query of the last `Location` of an upload; `{id}`: its id;
/// - `{layer}`, `{oci}` …: digests of the prepared content.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) host: &'static str,
    pub(super) body: Body,
}

/// What follows the head.
#[derive(Clone)]
pub(super) enum Body {
    /// Nothing, not even a length.
    None,
    /// Bytes with their length.
    Sized(Vec<u8>),
    /// Bytes in chunks, without a length.
    Chunked(Vec<u8>),
    /// Bytes of the prepared content, by name.
    Prepared(&'static str),
    /// Text in which places are filled in.
    Text(String),
}

// === impl Case ===

impl Case {
    pub(super) fn new(title: impl Into<String>, request: Request) -> Self {
        Self {
            title: title.into(),
            settings: Settings::Usual,
            before: Vec::new(),
            request,
            difference: None,
        }
    }

    /// A request that comes first; its answer is not compared.
    pub(super) fn after(mut self, request: Request) -> Self {
        self.before.push(request);
        self
    }

    /// An upload that was begun comes first.
    pub(super) fn in_session(self) -> Self {
        self.after(post("/v2/{repo}/blobs/uploads/"))
    }

    /// The blobs of the prepared images are in `{repo}`.
    pub(super) fn with_blobs(mut self) -> Self {
        for name in ["{layer}", "{config}"] {
            let target = format!("/v2/{{repo}}/blobs/uploads/?mount={name}&from=app");
            self.before.push(post(&target));
        }
        self
    }

    /// The prepared OCI image is in `{repo}` as `1`.
    pub(super) fn with_image(self) -> Self {
        let put = put("/v2/{repo}/manifests/1").content_type(wharf_e2e::publish::OCI_IMAGE);
        self.with_blobs().after(put.prepared("oci"))
    }

    pub(super) fn on(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The answers differ, and why.
    pub(super) fn differs(mut self, difference: Difference) -> Self {
        self.difference = Some(difference);
        self
    }
}

// === impl Request ===

impl Request {
    pub(super) fn new(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
            host: "registry.example:5000",
            body: Body::None,
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn accept(self, value: &str) -> Self {
        self.header("Accept", value)
    }

    pub(super) fn content_type(self, value: &str) -> Self {
        self.header("Content-Type", value)
    }

    pub(super) fn content_range(self, value: &str) -> Self {
        self.header("Content-Range", value)
    }

    pub(super) fn host(mut self, host: &'static str) -> Self {
        self.host = host;
        self
    }

    pub(super) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Sized(bytes.into());
        self
    }

    pub(super) fn chunked(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Chunked(bytes.into());
        self
    }

    pub(super) fn prepared(mut self, name: &'static str) -> Self {
        self.body = Body::Prepared(name);
        self
    }

    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Body::Text(text.into());
        self
    }
}

pub(super) fn get(target: &str) -> Request {
    Request::new("GET", target)
}

pub(super) fn head(target: &str) -> Request {
    Request::new("HEAD", target)
}

pub(super) fn post(target: &str) -> Request {
    Request::new("POST", target).body("")
}

pub(super) fn put(target: &str) -> Request {
    Request::new("PUT", target).body("")
}

pub(super) fn patch(target: &str) -> Request {
    Request::new("PATCH", target).body("")
}

pub(super) fn delete(target: &str) -> Request {
    Request::new("DELETE", target)
}
