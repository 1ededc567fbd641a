//! Where things are, as the client sees it: behind a proxy that is another scheme and host.

use http::HeaderName;
use http::header::{FORWARDED, HOST};
use wharf_spec::{Digest, Origin, Reference, RepositoryName, UploadId};

use crate::request::Head;

/// How `Location` is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LocationStyle {
    /// With scheme and host, as distribution does.
    #[default]
    Absolute,
    /// The path alone (distribution: `http.relativeurls`).
    Relative,
}

/// Builds `Location` values for one request.
pub(crate) struct Locations {
    /// `https://host:port`, or nothing.
    base: String,
}

// === impl Locations ===

impl Locations {
    /// By the request's own host, and what proxies say of the client's
    /// (distribution: `registry/api/v2/urls.go`).
    pub(crate) fn new(style: LocationStyle, head: &Head) -> Self {
        if style == LocationStyle::Relative {
            return Self {
                base: String::new(),
            };
        }
        let (scheme, host) = Origin::forwarded(
            head.text(&FORWARDED),
            head.text(&HeaderName::from_static("x-forwarded-proto")),
            head.text(&HeaderName::from_static("x-forwarded-host")),
        );
        let scheme = scheme.unwrap_or_else(|| "http".to_owned());
        match host.or_else(|| head.text(&HOST).map(str::to_owned)) {
            Some(host) if !host.is_empty() => Self {
                base: format!("{scheme}://{host}"),
            },
            Some(_) | None => Self {
                base: String::new(),
            },
        }
    }

    pub(crate) fn upload(&self, name: &RepositoryName, id: &UploadId) -> String {
        format!("{}/v2/{name}/blobs/uploads/{id}", self.base)
    }

    pub(crate) fn blob(&self, name: &RepositoryName, digest: Digest) -> String {
        format!("{}/v2/{name}/blobs/{digest}", self.base)
    }

    pub(crate) fn manifest(&self, name: &RepositoryName, digest: Digest) -> String {
        format!(
            "{}/v2/{name}/manifests/{}",
            self.base,
            Reference::Digest(digest)
        )
    }
}
