//! Where things are, as the client sees it: behind a proxy that is another scheme and host.

use http::HeaderName;
use http::header::FORWARDED;
use wharf_spec::{Digest, Origin, Reference, RepositoryName, UploadId};

use crate::head::Head;
use crate::peer::Peer;

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
    pub(crate) fn new(style: LocationStyle, head: &Head, peer: Peer) -> Self {
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
        // A registry is reached by these two; anything else is somebody's joke.
        let scheme = scheme.map(|scheme| scheme.to_ascii_lowercase());
        let scheme = scheme.filter(|scheme| matches!(scheme.as_str(), "http" | "https"));
        let ours = if peer.secure { "https" } else { "http" };
        let scheme = scheme.as_deref().unwrap_or(ours);
        let host = host.or_else(|| head.host.clone());
        let base = host.map_or_else(String::new, |host| format!("{scheme}://{host}"));
        Self { base }
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
