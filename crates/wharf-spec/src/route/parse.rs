//! From a path to its route.

use percent_encoding::percent_decode_str;

use super::{Extension, Prefix, Route, RouteError, clean};

// === impl Route ===

impl Route {
    /// Finds the route of a path as it stands in the request, without its query. The path is
    /// percent-decoded once and read from the right end, since a repository's name may have
    /// components such as `manifests` or `uploads`.
    ///
    /// # Errors
    /// `NotFound` when no endpoint has such a path, `Redirect` when a tidier path has one
    /// (distribution: gorilla/mux with `StrictSlash`), the others when it is clear which
    /// endpoint is meant but a parameter is not valid.
    pub fn parse(path: &str) -> Result<Self, RouteError> {
        Self::parse_with(&Prefix::default(), path)
    }

    /// As [`Self::parse`], where the endpoints are below `prefix`. `/` stays where it is: it
    /// is asked by those who do not know of any prefix.
    /// distribution: registry/registry.go, `alive`
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_with(prefix: &Prefix, path: &str) -> Result<Self, RouteError> {
        let path = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| RouteError::NotFound)?;
        if !path.starts_with('/') {
            return Err(RouteError::NotFound);
        }
        if let Some(cleaned) = clean::cleaned(&path) {
            return Err(RouteError::Redirect(clean::encoded(&cleaned)));
        }
        if &*path == "/" {
            return Ok(Self::Root);
        }
        let path = prefix.strip(&path).ok_or(RouteError::NotFound)?;
        match path {
            "/v2" => return Err(RouteError::Redirect(prefix.with("/v2/"))),
            "/v2/" => return Ok(Self::Base),
            _ => {}
        }
        let below = path.strip_prefix("/v2/").ok_or(RouteError::NotFound)?;
        match below.strip_suffix('/') {
            Some(trimmed) => match Self::parse_below(trimmed)? {
                uploads @ Self::Uploads { .. } => Ok(uploads),
                route => Err(RouteError::Redirect(prefix.with(&route.to_string()))),
            },
            None => Self::parse_below(below),
        }
    }

    /// Reads what follows `/v2/`, without a slash at its end.
    fn parse_below(path: &str) -> Result<Self, RouteError> {
        if path == "_catalog" {
            return Ok(Self::Catalog);
        }
        if let Some(extension) = Extension::parse_below(path) {
            return extension.map(Self::Extension);
        }
        let (head, last) = path.rsplit_once('/').ok_or(RouteError::NotFound)?;
        let (name, endpoint) = head.rsplit_once('/').ok_or(RouteError::NotFound)?;
        match (endpoint, last) {
            ("tags", "list") => Ok(Self::Tags {
                repository: name.parse()?,
            }),
            ("manifests", _) => Ok(Self::Manifest {
                repository: name.parse()?,
                reference: last.parse()?,
            }),
            ("referrers", _) => Ok(Self::Referrers {
                repository: name.parse()?,
                digest: last.parse()?,
            }),
            ("blobs", "uploads") => Ok(Self::Uploads {
                repository: name.parse()?,
            }),
            ("blobs", _) => Ok(Self::Blob {
                repository: name.parse()?,
                digest: last.parse()?,
            }),
            ("uploads", _) => {
                let name = name.strip_suffix("/blobs").ok_or(RouteError::NotFound)?;
                Ok(Self::Upload {
                    repository: name.parse()?,
                    id: last.parse()?,
                })
            }
            _ => Err(RouteError::NotFound),
        }
    }
}
