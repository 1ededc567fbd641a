//! Where things are, as the client sees it: behind a proxy that is another scheme and host.

use http::HeaderName;
use http::header::FORWARDED;
use wharf_spec::{BaseUrl, Digest, Origin, Prefix, Reference, RepositoryName, Route, UploadId};

use crate::head::Head;
use crate::peer::Peer;

/// How `Location` is written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum LocationStyle {
    /// With the scheme and host that the client used, as far as proxies tell, and the prefix.
    #[default]
    Absolute,
    /// The path alone, with the prefix (distribution: `http.relativeurls`, which loses it).
    Relative,
    /// Below this URL, whatever the request, the proxies and the prefix are (distribution:
    /// `http.host`).
    Fixed(BaseUrl),
}

/// Builds `Location` and `Link` values for one request.
pub(crate) struct Locations<'a> {
    pub(crate) style: &'a LocationStyle,
    pub(crate) prefix: &'a Prefix,
    pub(crate) head: &'a Head,
    pub(crate) peer: Peer,
}

// === impl Locations ===

impl Locations<'_> {
    pub(crate) fn upload(&self, repository: &RepositoryName, id: &UploadId) -> String {
        self.url(&Route::Upload {
            repository: repository.clone(),
            id: id.clone(),
        })
    }

    pub(crate) fn blob(&self, repository: &RepositoryName, digest: Digest) -> String {
        self.url(&Route::Blob {
            repository: repository.clone(),
            digest,
        })
    }

    pub(crate) fn manifest(&self, repository: &RepositoryName, digest: Digest) -> String {
        self.url(&Route::Manifest {
            repository: repository.clone(),
            reference: Reference::Digest(digest),
        })
    }

    /// The path alone: for `Link`, which is resolved against what the client asked for.
    pub(crate) fn path(&self, route: &Route) -> String {
        let prefix = match self.style {
            LocationStyle::Absolute | LocationStyle::Relative => self.prefix,
            LocationStyle::Fixed(base) => base.path(),
        };
        prefix.with(&route.to_string())
    }

    /// By the request's own host, and what proxies say of the client's
    /// (distribution: `registry/api/v2/urls.go`), unless the operator knows better.
    fn url(&self, route: &Route) -> String {
        let path = self.path(route);
        match self.style {
            LocationStyle::Absolute => origin(self.head, self.peer) + &path,
            LocationStyle::Relative => path,
            LocationStyle::Fixed(base) => format!("{}{path}", base.origin()),
        }
    }
}

/// Scheme and host; nothing where no host is known.
fn origin(head: &Head, peer: Peer) -> String {
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
    host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
}
