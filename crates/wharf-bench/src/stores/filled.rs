//! Contents pushed over the public API: for servers with a layout of their own, and for those
//! that somebody else runs.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::content::Content;
use crate::goods::{Goods, MANIFEST_TYPE};
use crate::http::client::Client;
use crate::http::request::{Expected, Host};

/// A registry that is pushed to, one request after the other.
#[derive(Debug)]
pub struct Filling {
    client: Client,
    host: Host,
}

// === impl Filling ===

impl Filling {
    /// Of the registry at this address.
    #[must_use]
    pub fn new(address: SocketAddr, host: Host) -> Self {
        Self {
            client: Client::new(address),
            host,
        }
    }

    /// All of it, into one repository.
    ///
    /// # Errors
    /// When a push fails.
    pub fn goods(&mut self, repository: &str, goods: &Goods) -> Result<()> {
        for blob in goods.blobs() {
            self.blob(repository, blob)?;
        }
        for (tag, manifest) in &goods.manifests {
            self.manifest(repository, tag, manifest)?;
        }
        Ok(())
    }

    /// One blob.
    ///
    /// # Errors
    /// When the push fails.
    pub fn blob(&mut self, repository: &str, content: &Content) -> Result<()> {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let expected = Expected {
            status: 202,
            length: None,
        };
        let fields = "Content-Length: 0\r\n";
        let start = self.host.request("POST", &path, fields, expected);
        let answer = self.client.ask(&start)?;
        let location = answer.head.location.context("202 without Location")?;
        let path = with_digest(&location, content);
        let put = self
            .host
            .send("PUT", &path, OCTETS, content.pieces.clone(), 201);
        self.client.ask(&put)?;
        Ok(())
    }

    /// One manifest.
    ///
    /// # Errors
    /// When the push fails.
    pub fn manifest(&mut self, repository: &str, tag: &str, manifest: &Content) -> Result<()> {
        let put = put_manifest(&self.host, repository, tag, manifest);
        self.client.ask(&put)?;
        Ok(())
    }
}

/// The type of a blob's bytes.
pub const OCTETS: &str = "Content-Type: application/octet-stream\r\n";

/// `PUT` of a manifest.
#[must_use]
pub fn put_manifest(
    host: &Host,
    repository: &str,
    reference: &str,
    manifest: &Content,
) -> crate::http::request::Request {
    let path = format!("/v2/{repository}/manifests/{reference}");
    let fields = format!("Content-Type: {MANIFEST_TYPE}\r\n");
    host.send("PUT", &path, &fields, manifest.pieces.clone(), 201)
}

/// Path and query of a `Location`, with the digest that ends the upload.
#[must_use]
pub fn with_digest(location: &str, content: &Content) -> String {
    let path = path_of(location);
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}digest={}", content.digest)
}

/// Path and query of a `Location`, which may be a whole URL.
#[must_use]
pub fn path_of(location: &str) -> &str {
    let behind_scheme = location.split_once("://").map(|(_, rest)| rest);
    match behind_scheme {
        Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => location,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        assert_eq!(path_of("http://a:5000/v2/x?y=z"), "/v2/x?y=z");
        assert_eq!(path_of("/v2/x"), "/v2/x");
        let content = Content::of("");
        assert!(with_digest("/v2/x", &content).starts_with("/v2/x?digest=sha256:e3b0"));
        assert!(with_digest("/v2/x?a=b", &content).starts_with("/v2/x?a=b&digest=sha256:"));
    }
}
